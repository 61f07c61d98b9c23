// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <memory>

#include "quic/replay_filter.h"

namespace quicrx {

/// Lets no 0-RTT handshake through twice (RFC 8446 section 8.2): GnuTLS computes what names a handshake and
/// rejects tickets of before this guard was made; the names seen lately are kept here. A handshake that is
/// refused goes on without 0-RTT.
class EarlyDataGuard {
 public:
  /// Null when memory is out.
  static std::unique_ptr<EarlyDataGuard> create();
  explicit EarlyDataGuard(gnutls_anti_replay_t checks);

  void protect(gnutls_session_t session) { gnutls_anti_replay_enable(session, checks_.get()); }

 private:
  struct Deleter {
    void operator()(gnutls_anti_replay_st* checks) const { gnutls_anti_replay_deinit(checks); }
  };

  std::unique_ptr<gnutls_anti_replay_st, Deleter> checks_;
  ReplayFilter seen_;
};

}  // namespace quicrx
