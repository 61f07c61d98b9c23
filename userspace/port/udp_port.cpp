// SPDX-License-Identifier: MIT
#include "port/udp_port.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "port/send_singly.h"

namespace quicrx {

Result<std::unique_ptr<UdpPort>> UdpPort::open(const Config& config, const Storage& storage) {
  auto socket = UdpSocket::open(config);
  if (!socket) return tl::unexpected(socket.error());
  auto memory = SocketFrames::map(config);
  if (!memory) return tl::unexpected(memory.error());
  return std::make_unique<UdpPort>(config, storage, std::move(*socket), std::move(*memory));
}

UdpPort::UdpPort(const Config& config, const Storage& storage, UdpSocket socket, Mapping memory)
    : SocketPortBase(config, storage, std::move(socket), std::move(memory)),
      slots_(kBatch),
      received_(kBatch),
      trains_(kTransmitFrames),
      messages_(kTransmitFrames) {}

Result<void> UdpPort::adopt() {
  frames_.adopt();
  return {};
}

/// Makes a slot ready for the next message; false when no frame is free.
bool UdpPort::prepare(std::size_t place) {
  Slot& slot = slots_[place];
  if (slot.lent) return true;
  slot.lent = frames_.receive.lend_for_receive();
  if (!slot.lent) return false;
  const MutableBytes memory = frames_.receive.memory(Tag(frames_.receive.id(), 0, *slot.lent));
  slot.part = {memory.data(), memory.size()};
  msghdr& header = received_[place].msg_hdr;
  header = {};
  header.msg_name = &slot.address;
  header.msg_namelen = sizeof(slot.address);
  header.msg_iov = &slot.part;
  header.msg_iovlen = 1;
  header.msg_control = slot.control.bytes.data();
  header.msg_controllen = slot.control.bytes.size();
  return true;
}

/// Fills slots; false when nothing came. All of the last ones have been looked at.
bool UdpPort::read_socket(std::size_t most) {
  std::size_t ready = 0;
  while (ready < std::min(most, slots_.size()) && prepare(ready)) ++ready;
  next_ = got_ = 0;
  if (ready == 0) return false;
  const int got =
      recvmmsg(descriptor(), received_.data(), static_cast<unsigned>(ready), MSG_DONTWAIT, nullptr);
  got_ = static_cast<std::size_t>(std::max(got, 0));
  return got_ > 0;
}

void UdpPort::begin_message(Timestamp now) {
  const std::size_t place = next_++;
  auto frame = frames_.receive.take_received(*std::exchange(slots_[place].lent, std::nullopt));
  if (!frame) return;
  frame.resize(received_[place].msg_len);
  cutter_.begin(std::move(frame), received_[place].msg_hdr, now);
}

std::size_t UdpPort::receive(std::span<Datagram> out, Timestamp now) {
  bool asked = false;  // the socket, once
  return deliver(out, [&](std::size_t room) {
    if (next_ == got_) {
      if (asked || !read_socket(room)) return false;
      asked = true;
    }
    begin_message(now);
    return true;
  });
}

std::optional<Frame> UdpPort::acquire(const Path&) {
  auto frame = frames_.transmit.acquire();
  if (!frame) counters_.add(PortCounter::no_transmit_frame);
  return frame;
}

void UdpPort::send(Frame frame, const Path& path, Ecn ecn) {
  if (!can_send(path)) return;
  if (!put(frame, path, ecn)) {
    counters_.add(PortCounter::drop_send_failed);
  } else {
    ++datagrams_queued_;
  }
}

/// Takes the frame into the train that it belongs to; false when too many wait, as only frames of other pools
/// can.
bool UdpPort::put(Frame& frame, const Path& path, Ecn ecn) {
  if (pause_.over() && queued_ > 0 && train(queued_ - 1).add(frame, path, ecn)) return true;
  if (queued_ == trains_.size() && !out_of_room_) flush();
  if (queued_ == trains_.size()) return false;
  train(queued_++).begin(std::move(frame), path, ecn);
  return true;
}

/// How many of the first were sent; when none, errno says why.
std::size_t UdpPort::send_messages() {
  for (std::size_t i = 0; i < queued_; ++i) {
    train(i).close();
    messages_[i].msg_hdr = train(i).message();
  }
  counters_.add(PortCounter::wakeups);
  const int sent = sendmmsg(descriptor(), messages_.data(), static_cast<unsigned>(queued_), MSG_DONTWAIT);
  return static_cast<std::size_t>(std::max(sent, 0));
}

/// The first train is done with, and its frames go back.
void UdpPort::end_first() {
  datagrams_queued_ -= train(0).size();
  train(0).clear();
  first_ = (first_ + 1) % trains_.size();
  --queued_;
}

/// False when the socket has no room for the rest.
bool UdpPort::send_first_singly() {
  if (!send_singly(descriptor(), train(0), counters_)) return false;
  end_first();
  return true;
}

/// Sends the first of what is queued; false when the socket has no room for it.
bool UdpPort::send_some() {
  if (train(0).is_split()) return send_first_singly();
  const std::size_t sent = send_messages();
  for (std::size_t i = 0; i < sent; ++i) {
    count_sent(train(0), counters_);
    end_first();
  }
  if (sent > 0) return true;
  if (is_out_of_room(errno)) return false;
  if (errno == EIO) pause_.begin();
  return send_first_singly();
}

void UdpPort::flush() {
  out_of_room_ = false;
  while (queued_ > 0 && !out_of_room_) out_of_room_ = !send_some();
  if (queued_ == 0) first_ = 0;  // the trains used last are in the caches
}

}  // namespace quicrx
