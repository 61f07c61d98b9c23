// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "frame/counters.h"

namespace quicrx {

enum class EndpointCounter {
  // connections: how many are in each state now
  connections_handshake,
  connections_active,
  connections_closing,
  connections_draining,
  handshakes_unproven,  ///< of those in handshake, from addresses that no token proved
  // connections: since the start
  connections_accepted,
  connections_refused,  ///< beyond EndpointLimits::connections: answered with CONNECTION_REFUSED, as the next
                        ///< three
  refused_prefix,       ///< beyond connections_per_prefix
  refused_handshakes,   ///< beyond handshakes
  refused_memory,       ///< beyond memory
  refused_stopping,     ///< the server drains
  handshakes_completed,
  handshakes_resumed,   ///< of those completed, with a session ticket
  early_data_accepted,  ///< of those completed, with 0-RTT
  handshakes_failed,
  handshake_timeouts,  ///< of those failed
  tls_alerts_sent,     ///< closes for what the peer said in TLS, with an alert
  connections_idle_closed,
  connections_closed_by_peer,
  connections_closed_by_us,
  connections_closed_stalled,  ///< of those closed by us: nothing moved on its streams
  connections_closed_misuse,   ///< of those closed by us: too much that brings nothing
  connections_closed_memory,   ///< of those closed by us: beyond EndpointLimits::connection_memory
  key_updates,                 ///< that we began
  paths_validated,             ///< of clients that moved
  // streams
  streams_opened,
  streams_closed,
  stream_bytes_received,
  stream_bytes_sent,   ///< handed to QUIC, retransmissions not counted
  datagrams_received,  ///< DATAGRAM frames (RFC 9221)
  datagrams_sent,
  // budgets of frames
  held_in_frames,       ///< pieces of memory for what sessions keep: frames
  held_on_heap,         ///< as above; the connection's budget was used up
  send_budget_reached,  ///< times a connection's writes waited for frames of its own to come back
  // tokens, and answers outside connections
  retry_tokens_accepted,  ///< the client came back after our Retry
  tokens_accepted,        ///< of an earlier connection (NEW_TOKEN)
  tokens_refused,         ///< of either kind: unreadable, of another address, too old, used before
  version_negotiations_sent,
  retries_sent,
  stateless_resets_sent,
  invalid_token_closes_sent,  ///< for a bad answer to a Retry
  // drops: datagrams that no connection took
  drop_malformed,           ///< no QUIC header of a length we issue
  drop_wrong_version,       ///< of a version that we do not speak, with the ID of a connection
  drop_unknown_connection,  ///< no such connection ID, and too short for a stateless reset, or no short
                            ///< header
  drop_reset_limited,       ///< as above; more than EndpointLimits::resets_per_second
  drop_not_acceptable,      ///< an Initial that cannot open a connection
  drop_closing,             ///< to a connection that is closing or draining
  drop_unanswerable,        ///< an answer outside connections had no transmit frame
  drop_unknown_path,        ///< of ours, for a path on which the peer was not heard lately
  drop_close_unsent,        ///< closes that had no transmit frame when the server stopped
  count_
};
inline constexpr std::string_view kEndpointCounterNames[] = {"handshake",
                                                             "active",
                                                             "closing",
                                                             "draining",
                                                             "handshake_unproven",
                                                             "accepted",
                                                             "refused",
                                                             "refused_prefix",
                                                             "refused_handshakes",
                                                             "refused_memory",
                                                             "refused_stopping",
                                                             "handshakes_completed",
                                                             "handshakes_resumed",
                                                             "early_data_accepted",
                                                             "handshakes_failed",
                                                             "handshake_timeouts",
                                                             "tls_alerts_sent",
                                                             "idle_closed",
                                                             "closed_by_peer",
                                                             "closed_by_us",
                                                             "closed_stalled",
                                                             "closed_misuse",
                                                             "closed_memory",
                                                             "key_updates",
                                                             "paths_validated",
                                                             "opened",
                                                             "closed",
                                                             "bytes_received",
                                                             "bytes_sent",
                                                             "datagrams_received",
                                                             "datagrams_sent",
                                                             "held_in_frames",
                                                             "held_on_heap",
                                                             "send_budget_reached",
                                                             "retry_tokens_accepted",
                                                             "tokens_accepted",
                                                             "tokens_refused",
                                                             "version_negotiations_sent",
                                                             "retries_sent",
                                                             "stateless_resets_sent",
                                                             "invalid_token_closes_sent",
                                                             "malformed",
                                                             "wrong_version",
                                                             "unknown_connection",
                                                             "reset_limited",
                                                             "not_acceptable",
                                                             "connection_closing",
                                                             "unanswerable",
                                                             "unknown_path",
                                                             "close_unsent"};
static_assert(std::size(kEndpointCounterNames) == static_cast<std::size_t>(EndpointCounter::count_));

using EndpointCounters = Counters<EndpointCounter>;

}  // namespace quicrx
