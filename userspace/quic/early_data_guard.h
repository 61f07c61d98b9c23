// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <chrono>
#include <memory>

#include "quic/replay_filter.h"

namespace quicrx {

/// Lets no 0-RTT handshake through twice (RFC 8446 section 8.2): what names a handshake is remembered for as
/// long as tickets live, and tickets of before this guard was made are refused. A handshake that is refused
/// goes on without 0-RTT.
class EarlyDataGuard {
 public:
  /// Null when memory is out.
  static std::unique_ptr<EarlyDataGuard> create(std::chrono::seconds ticket_lifetime);
  EarlyDataGuard(gnutls_anti_replay_t checks, std::chrono::seconds ticket_lifetime);

  void protect(gnutls_session_t session) { gnutls_anti_replay_enable(session, checks_.get()); }

  /// The ClientHello that GnuTLS reads next will be answered with a HelloRetryRequest: it gets no 0-RTT.
  void expect_retry(bool retry) { retry_ = retry; }

 private:
  struct Deleter {
    void operator()(gnutls_anti_replay_st* checks) const { gnutls_anti_replay_deinit(checks); }
  };

  std::unique_ptr<gnutls_anti_replay_st, Deleter> checks_;
  bool first_time(const gnutls_datum_t& name);

  ReplayFilter seen_;
  bool retry_ = false;
};

}  // namespace quicrx
