// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "quicrx/counters.h"

namespace quicrx {

enum class EndpointCounter {
  // connections: how many are in each state now
  connections_handshake,
  connections_active,
  connections_closing,
  connections_draining,
  // connections: since the start
  connections_accepted,
  connections_refused,  ///< beyond the limit: answered with CONNECTION_REFUSED
  handshakes_completed,
  handshakes_failed,
  connections_idle_closed,
  connections_closed_by_peer,
  connections_closed_by_us,
  // streams
  streams_opened,
  streams_closed,
  stream_bytes_received,
  stream_bytes_sent,   ///< handed to QUIC, retransmissions not counted
  datagrams_received,  ///< DATAGRAM frames (RFC 9221)
  datagrams_sent,
  // answers outside connections
  version_negotiations_sent,
  // drops: datagrams that no connection took
  drop_malformed,           ///< no QUIC header of a length we issue
  drop_unknown_connection,  ///< no such connection ID, and nothing that could open a connection
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
                                                             "accepted",
                                                             "refused",
                                                             "handshakes_completed",
                                                             "handshakes_failed",
                                                             "idle_closed",
                                                             "closed_by_peer",
                                                             "closed_by_us",
                                                             "opened",
                                                             "closed",
                                                             "bytes_received",
                                                             "bytes_sent",
                                                             "datagrams_received",
                                                             "datagrams_sent",
                                                             "version_negotiations_sent",
                                                             "malformed",
                                                             "unknown_connection",
                                                             "not_acceptable",
                                                             "connection_closing",
                                                             "unanswerable",
                                                             "unknown_path",
                                                             "close_unsent"};
static_assert(std::size(kEndpointCounterNames) == static_cast<std::size_t>(EndpointCounter::count_));

using EndpointCounters = Counters<EndpointCounter>;

}  // namespace quicrx
