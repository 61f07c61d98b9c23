// SPDX-License-Identifier: MIT
#pragma once

#include "port/datagram_train.h"
#include "port/port_counters.h"

namespace quicrx {

/// Counts a train as sent.
void count_sent(DatagramTrain& train, PortCounters& counters);

/// Sends the datagrams of a train that the kernel refused as one message. One that fails too (too large, no
/// route) is lost alone, as on any network.
void send_singly(int socket, DatagramTrain& train, PortCounters& counters);

}  // namespace quicrx
