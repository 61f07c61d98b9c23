// SPDX-License-Identifier: MIT
#include "port/send_singly.h"

#include <cerrno>

namespace quicrx {

bool is_out_of_room(int error) {
  return error == EAGAIN || error == ENOBUFS;
}

void count_sent(DatagramTrain& train, PortCounters& counters) {
  if (train.size() > 1) counters.add(PortCounter::gso_trains);
  counters.add(PortCounter::sent_datagrams, train.size());
  counters.add(PortCounter::sent_bytes, train.bytes());
}

bool send_singly(int socket, DatagramTrain& train, PortCounters& counters) {
  if (train.size() == 1) {  // it has failed alone already
    counters.add(PortCounter::drop_send_failed);
    return true;
  }
  if (!train.is_split()) counters.add(PortCounter::gso_refused);
  train.split();
  for (; train.singles_left() > 0; train.end_single()) {
    const msghdr one = train.single();
    counters.add(PortCounter::wakeups);
    if (sendmsg(socket, &one, MSG_DONTWAIT) >= 0) {
      counters.add(PortCounter::sent_datagrams);
      counters.add(PortCounter::sent_bytes, one.msg_iov->iov_len);
    } else if (is_out_of_room(errno)) {
      return false;
    } else {
      counters.add(PortCounter::drop_send_failed);
    }
  }
  return true;
}

}  // namespace quicrx
