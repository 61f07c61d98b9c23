// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "quic/siphash.h"
#include "quicrx/bytes.h"

namespace quicrx {

/// The length of the connection IDs that we issue: a packet with a short header does not tell.
inline constexpr std::size_t kConnectionIdBytes = 18;

/// A worker's number among those that share a ConnectionIdKey.
using WorkerNumber = std::uint16_t;

/// Makes connection IDs that say which worker has the connection, to those who have the key.
///
/// To others they are random: two IDs of one connection cannot be linked, and none can be made that a worker
/// would take for its own (RFC 9000 section 5.1; draft-ietf-quic-load-balancers, section "Security
/// considerations"). A key lasts for a run of the server. A plain value; any thread.
///
/// Ten random bytes; two of the worker's number, masked by a keyed hash of the rest; six of a keyed hash of
/// both, without which the worker's bits could be flipped by whoever saw an ID.
class ConnectionIdKey {
 public:
  static ConnectionIdKey random();
  ConnectionIdKey(SipHashKey check, SipHashKey mask) : check_(check), mask_(mask) {}

  /// Fills kConnectionIdBytes with a fresh ID.
  void make(WorkerNumber worker, MutableBytes id) const;
  /// Nothing for an ID that this key has not made.
  [[nodiscard]] std::optional<WorkerNumber> worker_of(Bytes id) const;

 private:
  SipHashKey check_;
  SipHashKey mask_;
};

}  // namespace quicrx
