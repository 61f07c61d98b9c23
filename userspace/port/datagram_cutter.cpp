// SPDX-License-Identifier: MIT
#include "port/datagram_cutter.h"

#include <sys/socket.h>

#include <utility>

#include "port/socket_messages.h"

namespace quicrx {

void DatagramCutter::begin(Frame frame, msghdr& header, Timestamp now) {
  several_ = {};
  if (!accept(frame, header)) return;
  arrival_ = now;
  if (segment_bytes_ == 0 || segment_bytes_ >= frame.payload().size()) {
    alone_ = std::move(frame);
    return;
  }
  counters_.add(PortCounter::gro_buffers);
  const std::size_t bytes = frame.payload().size();
  several_ = slices_.cut(std::move(frame), segment_bytes_);
  if (several_.left() * segment_bytes_ < bytes) counters_.add(PortCounter::drop_truncated);
}

bool DatagramCutter::accept(const Frame& frame, msghdr& header) {
  const MessageDetails details = read_details(header);
  counters_.add(PortCounter::drop_socket_full, details.lost_in_all - lost_in_all_);
  lost_in_all_ = details.lost_in_all;
  if ((header.msg_flags & MSG_TRUNC) != 0) {
    counters_.add(PortCounter::drop_truncated);
    return false;
  }
  // The XDP program drops the empty ones. Without all control messages nobody knows where to cut.
  if (frame.payload().empty() || (header.msg_flags & MSG_CTRUNC) != 0 || details.local_ip.empty()) {
    counters_.add(PortCounter::drop_bad_frame);
    return false;
  }
  path_ = Path();
  path_.local = SocketAddress(details.local_ip, udp_port_);
  path_.remote = SocketAddress::from_sockaddr(static_cast<const sockaddr*>(header.msg_name));
  path_.port = id_;
  path_.link.interface = details.interface;
  ecn_ = details.ecn;
  segment_bytes_ = details.segment_bytes;
  if (path_.local.is_unicast() && path_.remote.is_unicast()) return true;
  counters_.add(PortCounter::drop_bad_address);
  return false;
}

std::size_t DatagramCutter::take(std::span<Datagram> out) {
  if (out.empty()) return 0;
  if (alone_) {
    put(out[0], std::exchange(alone_, Frame()));
    return 1;
  }
  std::size_t count = 0;
  while (count < out.size() && several_.left() > 0) put(out[count++], several_.next());
  if (several_.left() == 0) several_ = {};  // what is handed out holds the frame from here on
  return count;
}

void DatagramCutter::put(Datagram& out, Frame frame) {
  counters_.add(PortCounter::received_datagrams);
  counters_.add(PortCounter::received_bytes, frame.payload().size());
  out = Datagram{std::move(frame), path_, ecn_, arrival_};
}

}  // namespace quicrx
