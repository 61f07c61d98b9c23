// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <chrono>
#include <memory>

#include "quic/replay_filter.h"
#include "quicrx/result.h"

namespace quicrx {

/// Lets no 0-RTT handshake through twice (RFC 8446 section 8.2): what names a handshake is remembered for as
/// long as tickets live, and tickets of before this guard was made are refused. A handshake that is refused
/// goes on without 0-RTT.
///
/// One a process, of all its threads and through every reload, for a replay may come to any of them.
class EarlyDataGuard {
 public:
  /// How long a client may come back with a ticket.
  static constexpr std::chrono::hours kTicketLifetime{1};

  /// Before a second thread uses GnuTLS (BackdatedClock::install()).
  static Result<std::shared_ptr<EarlyDataGuard>> create();
  explicit EarlyDataGuard(gnutls_anti_replay_t checks);

  /// Has a session take 0-RTT that comes for the first time. The guard outlives it.
  void protect(gnutls_session_t session) { gnutls_anti_replay_enable(session, checks_.get()); }
  /// Has a session take no 0-RTT, as GnuTLS does without a guard.
  static void refuse(gnutls_session_t session) { gnutls_anti_replay_enable(session, nullptr); }

 private:
  struct Deleter {
    void operator()(gnutls_anti_replay_st* checks) const { gnutls_anti_replay_deinit(checks); }
  };

  bool first_time(const gnutls_datum_t& name);

  std::unique_ptr<gnutls_anti_replay_st, Deleter> checks_;
  ReplayFilter seen_;
};

}  // namespace quicrx
