// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "quic/replay_filter.h"
#include "quic/secrets.h"
#include "quicrx/address.h"

namespace quicrx {

/// A token on its way out.
struct AddressToken {
  std::array<std::uint8_t, 128> bytes{};
  std::size_t size = 0;
  [[nodiscard]] Bytes view() const { return Bytes(bytes).first(size); }
};

/// Tokens by which a client proves that it receives at its address (RFC 9000 section 8.1): encrypted, bound
/// to the address, and good for a while. Times are Unix time, for machines that share secrets must agree on
/// it.
class AddressTokens {
 public:
  using WallTime = std::chrono::nanoseconds;  // since 1970

  static constexpr std::chrono::seconds kRetryLifetime{10};
  static constexpr std::chrono::hours kLifetime{24};  // of those for later connections

  /// What tells a token that is used again. One for all who have the same secrets in this process, for a
  /// client may show its token to any of them.
  static std::shared_ptr<ReplayFilter> make_filter();

  /// Both outlive this.
  AddressTokens(const Secrets& secrets, ReplayFilter& used) : secrets_(secrets), used_(used) {}

  /// For a Retry (section 8.1.2); bound to the connection IDs and the port, too.
  [[nodiscard]] std::optional<AddressToken> make_retry(const ngtcp2_pkt_hd& initial,
                                                       const ngtcp2_cid& retry_id,
                                                       const SocketAddress& client, WallTime now) const;
  /// For a NEW_TOKEN frame (section 8.1.3).
  [[nodiscard]] std::optional<AddressToken> make(const SocketAddress& client, WallTime now) const;

  enum class Proof {
    none,       ///< no token, or one that proves nothing: as if there were none
    retry,      ///< this client answers our Retry
    earlier,    ///< it had the address in an earlier connection; each such token is good once
    bad_retry,  ///< an answer to a Retry that is not right: section 8.1.2 says to close
  };
  /// What the token of an Initial proves; `original_id` is set for Proof::retry.
  Proof verify(const ngtcp2_pkt_hd& initial, const SocketAddress& client, WallTime now,
               ngtcp2_cid& original_id);

 private:
  const Secrets& secrets_;
  ReplayFilter& used_;
};

}  // namespace quicrx
