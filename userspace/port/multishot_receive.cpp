// SPDX-License-Identifier: MIT
#include "port/multishot_receive.h"

#include <chrono>
#include <utility>

#include "port/socket_messages.h"

namespace quicrx {
namespace {

// A sockaddr_in6, and so much more that the control messages behind it are aligned.
constexpr unsigned kAddressBytes = 32;
static_assert(kAddressBytes >= sizeof(sockaddr_in6) && kAddressBytes % alignof(ControlRoom) == 0);

}  // namespace

MultishotReceive::MultishotReceive(IoRing ring, Mapping buffers, SlabPool& pool, int socket,
                                   PortCounters& counters)
    : buffers_(std::move(buffers), pool), ring_(std::move(ring)), socket_(socket), counters_(counters) {
  shape_.msg_namelen = kAddressBytes;
  shape_.msg_controllen = ControlRoom::kBytes;
}

MultishotReceive::~MultishotReceive() {
  if (!armed_) return;
  // Fails where another thread used the port. It has ended, then, and with it its requests.
  ring_.cancel_all();
  if (!ring_.submit()) return;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (armed_ && std::chrono::steady_clock::now() < limit) {
    while (next()) {
    }
    if (armed_) ring_.wait_a_moment();
  }
}

void MultishotReceive::refill() {
  buffers_.refill();
  if (!armed_ && buffers_.lent() > 0) {
    io_uring_sqe* request = ring_.prepare();
    if (request == nullptr) return;
    io_uring_prep_recvmsg_multishot(request, socket_, &shape_, 0);
    request->flags |= IOSQE_BUFFER_SELECT;
    request->buf_group = ProvidedBuffers::kGroup;
    armed_ = true;
  }
  if (!ring_.unsubmitted()) return;
  counters_.add(PortCounter::wakeups);
  ring_.submit();
}

std::optional<MultishotReceive::Message> MultishotReceive::next() {
  for (;;) {
    const auto completion = ring_.take();
    if (completion) {
      if (auto message = read(*completion)) return message;
    } else if (ring_.collect()) {
      counters_.add(PortCounter::wakeups);
    } else {
      return std::nullopt;
    }
  }
}

std::optional<MultishotReceive::Message> MultishotReceive::read(const IoRing::Completion& completion) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) armed_ = false;
  auto frame = buffers_.take(completion);
  if (!frame || completion.result < 0) return std::nullopt;
  std::uint8_t* start = frame->room().data();
  io_uring_recvmsg_out* out = io_uring_recvmsg_validate(start, completion.result, &shape_);
  if (out == nullptr) {
    counters_.add(PortCounter::drop_bad_frame);
    return std::nullopt;
  }
  Message message;
  message.header.msg_name = io_uring_recvmsg_name(out);
  message.header.msg_namelen = out->namelen;
  message.header.msg_control = io_uring_recvmsg_cmsg_firsthdr(out, &shape_);
  message.header.msg_controllen = message.header.msg_control != nullptr ? out->controllen : 0;
  message.header.msg_flags = static_cast<int>(out->flags);
  const auto* payload = static_cast<std::uint8_t*>(io_uring_recvmsg_payload(out, &shape_));
  frame->set_payload(static_cast<std::size_t>(payload - start),
                     io_uring_recvmsg_payload_length(out, completion.result, &shape_));
  message.frame = std::move(*frame);
  return message;
}

}  // namespace quicrx
