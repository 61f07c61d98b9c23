// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "protection/keys.h"
#include "quic/address_tokens.h"
#include "quic/connection_id_key.h"
#include "quic/memory_limit.h"
#include "quic/prefix_counts.h"
#include "quic/random.h"
#include "quic/secrets.h"
#include "quicrx/address.h"
#include "quicrx/limits.h"
#include "quicrx/pool_policy.h"

namespace quicrx {

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
  // Shared by the copies, a handshake at a time; never null but for these two.
  std::shared_ptr<ReplayFilter> used_tokens = AddressTokens::make_filter();
  std::shared_ptr<PrefixCounts> prefixes = std::make_shared<PrefixCounts>(random_siphash_key());
  std::shared_ptr<const CipherLibrary> cipher_library;  ///< for TLS contexts: TlsOptions::cipher_library
  std::shared_ptr<MemoryReserve> memory;  ///< null: the endpoint has one of its own, of limits.memory
  PoolPolicy* pools = nullptr;            ///< null: fair shares of the worker's pools. Outlives the endpoint
  FramePool* hold_pool = nullptr;  ///< the worker's for what sessions hold; null: heap. Outlives the endpoint
  std::string reset_name;  ///< tells this endpoint from others with the same secrets (Secrets::reset_key)
};

}  // namespace quicrx
