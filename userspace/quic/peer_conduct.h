// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "quic/endpoint_config.h"
#include "quic/token_bucket.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// Tells a peer that only costs from one that gets something done: ngtcp2 does what the protocol asks for
/// every PING, PATH_CHALLENGE and reset, however many there are.
class PeerConduct {
 public:
  PeerConduct(const EndpointLimits& limits, Timestamp now)
      : limits_(limits),
        bucket_(limits.idle_packets_per_second, limits.idle_packets_per_second * kBurstSeconds),
        progress_(now) {}

  /// What a packet was to us. Copies of packets and what is not authentic do not count at all: an outsider
  /// can send those.
  enum class Packet {
    useful,         ///< it brought data, or news of what we sent
    passive,        ///< neither, but asks for nothing: an ACK that was overtaken
    repeated,       ///< data that was here before: after much loss or reordering every second packet can be
    ack_eliciting,  ///< neither, and must be acknowledged, answered, or acted on
  };
  /// A packet was read. `kept`: bytes of memory that what it brought now takes, for what comes before is
  /// missing (ngtcp2 tells no more of data out of order). False when it was one too many.
  bool packet(Timestamp now, Packet what, std::size_t kept) {
    if (limits_.idle_packets_per_second == 0) return true;
    bucket_.give((what == Packet::useful ? kEarnedByUse : 0) + static_cast<double>(kept) / kBytesThatEarnOne);
    if (what == Packet::useful) return true;
    return bucket_.take(now, what == Packet::ack_eliciting ? 1 : kCheapCost);
  }

  /// A stream was opened and given up, a request malformed: dearer, for it has cost more. False as above.
  bool misuse(Timestamp now) {
    return limits_.idle_packets_per_second == 0 || bucket_.take(now, kMisuseCost);
  }

  /// Bytes of a stream came or were acknowledged, or a stream began.
  void progress(Timestamp now) { progress_ = now; }
  /// When a peer with streams open has been idle for too long.
  [[nodiscard]] std::optional<Timestamp> stalled_at() const {
    if (limits_.stall_timeout.count() == 0) return std::nullopt;
    return progress_ + limits_.stall_timeout;
  }

 private:
  static constexpr std::uint64_t kBurstSeconds = 10;
  static constexpr double kEarnedByUse = 0.5;
  static constexpr double kCheapCost = 0.05;
  static constexpr double kMisuseCost = 10;
  static constexpr double kBytesThatEarnOne = 512;

  const EndpointLimits& limits_;
  TokenBucket bucket_;
  Timestamp progress_;
};

}  // namespace quicrx
