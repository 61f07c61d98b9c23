// SPDX-License-Identifier: MIT
/// What a server allows its peers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quicrx {

/// Defaults suit a public server. Past a limit a connection is refused or closed, and counted.
struct EndpointLimits {
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(20);
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(30);
  /// With streams open and not a byte more received or acknowledged: a peer that never reads, or never ends
  /// its request. 0: no limit.
  std::chrono::nanoseconds stall_timeout = std::chrono::seconds(60);

  std::size_t connections = 100'000;
  std::size_t connections_per_prefix = 10'000;  ///< of one /24 (IPv4) or /48 (IPv6)
  std::size_t handshakes = 20'000;              ///< under way at once

  std::uint64_t streams_bidi = 100;  ///< open at once, on a connection
  std::uint64_t streams_uni = 16;
  // Receive windows open as the service consumes, and grow to the largest where the path needs it.
  std::uint64_t connection_window = std::uint64_t{1} << 20;
  std::uint64_t stream_window = std::uint64_t{256} << 10;
  std::uint64_t max_connection_window = std::uint64_t{16} << 20;
  std::uint64_t max_stream_window = std::uint64_t{8} << 20;

  std::size_t connection_memory = std::size_t{24} << 20;  ///< bytes of QUIC state: of one connection
  std::size_t memory = std::size_t{1} << 30;              ///< of all: beyond, new ones are refused

  /// Packets that bring nothing: no data, no news of what we sent. As many a second, ten times as many at
  /// once; what brings something earns more. 0: no limit.
  std::uint64_t idle_packets_per_second = 200;
  std::uint64_t resets_per_second = 1000;  ///< stateless resets sent, by the endpoint
};

}  // namespace quicrx
