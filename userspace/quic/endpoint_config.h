// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "quic/address_tokens.h"
#include "quic/connection_id_key.h"
#include "quic/memory_limit.h"
#include "quic/prefix_counts.h"
#include "quic/random.h"
#include "quic/secrets.h"
#include "quicrx/address.h"
#include "quicrx/pool_policy.h"

namespace quicrx {

/// What an endpoint allows its peers. Defaults suit a public server. Past a limit a connection is refused or
/// closed, and counted (EndpointCounter).
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

/// When a client must prove its address by a Retry before it costs anything (RFC 9000 section 8.1.2).
enum class RetryMode : std::uint8_t {
  automatic,  ///< while more than EndpointConfig::retry_threshold handshakes of unproven addresses are under
              ///< way
  always,
  never,
};

enum class CongestionControl : std::uint8_t { cubic, bbr, reno };

/// How an endpoint speaks QUIC. Those of a process are made with copies of one: copies have the same secrets,
/// and share what was used.
struct EndpointConfig {
  EndpointLimits limits;
  RetryMode retry = RetryMode::automatic;
  std::size_t retry_threshold = 1000;
  bool prefer_v2 = false;  ///< RFC 9368: where the client offers both
  CongestionControl congestion_control = CongestionControl::cubic;
  /// Assumed before there is a sample (RFC 9002 section 6.2.2): what is lost of a handshake is sent again
  /// after three times as long. Less helps where much is lost, and resends in vain where the path is longer.
  std::chrono::nanoseconds initial_rtt = std::chrono::milliseconds(333);
  /// Bytes sent on a connection after which its keys are updated (RFC 9001 section 6); 0: only where the
  /// AEAD's limits ask for it.
  std::uint64_t key_update_bytes = 0;
  /// Where clients are invited to move to (RFC 9000 section 9.6).
  std::optional<SocketAddress> preferred_ipv4;
  std::optional<SocketAddress> preferred_ipv6;
  std::string qlog_dir;  ///< empty: none
  Secrets secrets = Secrets::random();
  /// The endpoints of a process share a key, and each has a number.
  ConnectionIdKey id_key = ConnectionIdKey::random();
  WorkerNumber worker = 0;
  // Shared by the copies, a handshake at a time; never null but for the reserve.
  std::shared_ptr<ReplayFilter> used_tokens = AddressTokens::make_filter();
  std::shared_ptr<PrefixCounts> prefixes = std::make_shared<PrefixCounts>(random_siphash_key());
  std::shared_ptr<MemoryReserve> memory;  ///< null: the endpoint has one of its own, of limits.memory
  PoolPolicy* pools = nullptr;            ///< null: fair shares of the worker's pools. Outlives the endpoint
  FramePool* hold_pool = nullptr;  ///< the worker's for what sessions hold; null: heap. Outlives the endpoint
  std::string reset_name;  ///< tells this endpoint from others with the same secrets (Secrets::reset_key)
};

}  // namespace quicrx
