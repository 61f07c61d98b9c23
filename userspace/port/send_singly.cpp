// SPDX-License-Identifier: MIT
#include "port/send_singly.h"

namespace quicrx {

void count_sent(DatagramTrain& train, PortCounters& counters) {
  if (train.size() > 1) counters.add(PortCounter::gso_trains);
  counters.add(PortCounter::sent_datagrams, train.size());
  counters.add(PortCounter::sent_bytes, train.bytes());
}

void send_singly(int socket, DatagramTrain& train, PortCounters& counters) {
  if (train.size() == 1) {  // it has failed alone already
    counters.add(PortCounter::drop_send_failed);
    return;
  }
  for (std::size_t i = 0; i < train.size(); ++i) {
    const msghdr one = train.single(i);
    counters.add(PortCounter::wakeups);
    if (sendmsg(socket, &one, MSG_DONTWAIT) < 0) {
      counters.add(PortCounter::drop_send_failed);
    } else {
      counters.add(PortCounter::sent_datagrams);
      counters.add(PortCounter::sent_bytes, one.msg_iov->iov_len);
    }
  }
}

}  // namespace quicrx
