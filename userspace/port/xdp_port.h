// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "frame/slab_pool.h"
#include "frame/umem_memory.h"
#include "port/leaf_port.h"
#include "port/port_counters.h"
#include "xdp/umem_plan.h"
#include "xdp/xsk_socket.h"

namespace quicrx {

/// Memory that outlives the port, so that another process can look at it: see telemetry/record.h.
struct PoolStorage {
  std::span<FrameWord> words;
  PoolCounters* counters = nullptr;
};

/// Datagrams straight from and to the frames of an AF_XDP socket.
///
/// Frames [0, receive_frames) of the UMEM are for receive, the rest for transmit. A received frame's payload
/// lies where the driver put it; a sent one's headers are written before its payload.
class XdpPort final : public LeafPort {
 public:
  struct Config {
    Interface interface;
    std::uint32_t queue = 0;

    UmemPlan plan;
    BindMode bind = BindMode::automatic;
    bool native = true;  ///< how the XDP program is attached
    std::chrono::microseconds busy_poll{0};
  };
  struct Storage {
    PoolStorage receive;   ///< plan.receive_frames words
    PoolStorage transmit;  ///< plan.transmit_frames words
    PortCounters* counters = nullptr;
  };

  /// Opens, fills and binds. The XDP program redirects nothing to it until its descriptor is in the map.
  static Result<std::unique_ptr<XdpPort>> open(const Config& config, const Storage& storage);

  XdpPort(const Config& config, const Storage& storage, UmemMemory memory, XskSocket socket);

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] std::size_t max_payload(const Path& path) const override;
  [[nodiscard]] int descriptor() const override { return socket_.descriptor(); }
  [[nodiscard]] FramePool& transmit_pool() override { return transmit_; }
  [[nodiscard]] bool has_unsent() const override { return unsent_ && socket_.transmit.pending() > 0; }

  /// Lets the driver work on the queue for a moment (busy polling); true when something has arrived.
  bool poll_driver();

  /// Lent for send, and not yet back.
  [[nodiscard]] std::uint32_t frames_in_transmit() const { return in_transmit_; }
  [[nodiscard]] bool zero_copy() const { return socket_.zero_copy(); }
  [[nodiscard]] bool huge_pages() const { return memory_.huge_pages; }
  [[nodiscard]] std::chrono::microseconds busy_poll() const { return config_.busy_poll; }

 private:
  std::optional<Datagram> read(const xdp_desc& descriptor, Timestamp now);
  void refill();
  void complete();
  void wake_transmit();

  Config config_;
  PortCounters& counters_;
  UmemMemory memory_;
  SlabPool receive_;
  SlabPool transmit_;
  XskSocket socket_;
  std::uint32_t in_transmit_ = 0;  // frames lent for send
  bool unsent_ = false;
};

}  // namespace quicrx
