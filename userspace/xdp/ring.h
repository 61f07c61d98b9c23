// SPDX-License-Identifier: MIT
/// Our ends of the four rings that an AF_XDP socket shares with the kernel.
///
/// A ring is an array of a power of two with two free-running 32-bit indices: whoever puts entries in moves
/// the producer, whoever takes them out the consumer, and producer - consumer (modulo 2^32) is the number of
/// entries in between, from 0 (empty) to the array's size (full). Each side publishes its own index with
/// release order and reads the other's with acquire order (kernel: net/xdp/xsk_queue.h, "Implementation of
/// rings").
#pragma once

#include <linux/if_xdp.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace quicrx {

/// Where a ring lies: in the kernel's mapping, or in plain memory under test.
template <typename Entry>
struct RingMemory {
  std::uint32_t* producer = nullptr;
  std::uint32_t* consumer = nullptr;
  std::uint32_t* flags = nullptr;
  Entry* entries = nullptr;
  std::uint32_t size = 0;  ///< a power of two
};

/// The end that puts entries in: reserve, write, publish.
template <typename Entry>
class ProducerEnd {
 public:
  ProducerEnd() = default;
  explicit ProducerEnd(const RingMemory<Entry>& memory)
      : memory_(memory),
        next_(std::atomic_ref(*memory.producer).load(std::memory_order_relaxed)),
        consumed_(std::atomic_ref(*memory.consumer).load(std::memory_order_acquire)) {}

  /// How many of `wanted` entries there is room for.
  [[nodiscard]] std::uint32_t room(std::uint32_t wanted) noexcept {
    std::uint32_t free = memory_.size - (next_ - consumed_);
    if (free < wanted) {
      consumed_ = std::atomic_ref(*memory_.consumer).load(std::memory_order_acquire);
      free = memory_.size - (next_ - consumed_);
    }
    return free < wanted ? free : wanted;
  }

  /// Writes the next entry. Only within what room() granted.
  void put(const Entry& entry) noexcept { memory_.entries[next_++ & (memory_.size - 1)] = entry; }

  /// Shows the other side all that was put.
  void publish() noexcept { std::atomic_ref(*memory_.producer).store(next_, std::memory_order_release); }

  /// The other side sleeps and wants a system call (XDP_RING_NEED_WAKEUP).
  [[nodiscard]] bool needs_wakeup() const noexcept {
    return (std::atomic_ref(*memory_.flags).load(std::memory_order_relaxed) & XDP_RING_NEED_WAKEUP) != 0;
  }

  /// How many entries the other side has not taken yet, of those put.
  [[nodiscard]] std::uint32_t pending() const noexcept {
    return next_ - std::atomic_ref(*memory_.consumer).load(std::memory_order_acquire);
  }

  [[nodiscard]] std::uint32_t size() const noexcept { return memory_.size; }

 private:
  RingMemory<Entry> memory_;
  std::uint32_t next_ = 0;      // ahead of the shared producer between put() and publish()
  std::uint32_t consumed_ = 0;  // last seen of the shared consumer
};

/// The end that takes entries out: peek, read, release.
template <typename Entry>
class ConsumerEnd {
 public:
  ConsumerEnd() = default;
  explicit ConsumerEnd(const RingMemory<Entry>& memory)
      : memory_(memory),
        next_(std::atomic_ref(*memory.consumer).load(std::memory_order_relaxed)),
        produced_(std::atomic_ref(*memory.producer).load(std::memory_order_acquire)) {}

  /// How many of `wanted` entries are there.
  [[nodiscard]] std::uint32_t available(std::uint32_t wanted) noexcept {
    std::uint32_t ready = produced_ - next_;
    if (ready < wanted) {
      produced_ = std::atomic_ref(*memory_.producer).load(std::memory_order_acquire);
      ready = produced_ - next_;
    }
    return ready < wanted ? ready : wanted;
  }

  /// Reads the next entry. Only within what available() granted.
  [[nodiscard]] Entry take() noexcept { return memory_.entries[next_++ & (memory_.size - 1)]; }

  /// Gives the other side the places of all that was taken.
  void release() noexcept { std::atomic_ref(*memory_.consumer).store(next_, std::memory_order_release); }

  [[nodiscard]] std::uint32_t size() const noexcept { return memory_.size; }

 private:
  RingMemory<Entry> memory_;
  std::uint32_t next_ = 0;
  std::uint32_t produced_ = 0;
};

/// UMEM offsets of frames that we lend for receive.
class FillRing : public ProducerEnd<std::uint64_t> {
  using ProducerEnd::ProducerEnd;
};

/// UMEM offsets of frames whose send has ended.
class CompletionRing : public ConsumerEnd<std::uint64_t> {
  using ConsumerEnd::ConsumerEnd;
};

/// What was received: UMEM offset of the first byte, and length.
class ReceiveRing : public ConsumerEnd<xdp_desc> {
  using ConsumerEnd::ConsumerEnd;
};

/// What is to be sent.
class TransmitRing : public ProducerEnd<xdp_desc> {
  using ProducerEnd::ProducerEnd;
};

}  // namespace quicrx
