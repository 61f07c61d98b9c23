// SPDX-License-Identifier: MIT
#pragma once

#include "port/datagram_train.h"
#include "port/port_counters.h"

namespace quicrx {

/// Whether the error (errno) is of a socket that will have room later.
[[nodiscard]] bool is_out_of_room(int error);

/// Counts a train as sent.
void count_sent(DatagramTrain& train, PortCounters& counters);

/// Sends the datagrams of a train that the kernel refused as one message. One that fails too (too large, no
/// route) is lost alone, as on any network. False when the socket has no room: to be called again for the
/// rest.
[[nodiscard]] bool send_singly(int socket, DatagramTrain& train, PortCounters& counters);

}  // namespace quicrx
