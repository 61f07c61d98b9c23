// SPDX-License-Identifier: MIT
#include "client_socket.h"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "port/socket_messages.h"

namespace quicrx::load {
namespace {

constexpr int kBufferBytes = 8 << 20;
constexpr std::size_t kMostBytes = 65535;

[[noreturn]] void refuse(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

ClientSocket::ClientSocket(const SocketAddress& server)
    : descriptor_(::socket(server.get()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      room_(kMostBytes) {
  const int on = 1;
  const int fd = descriptor_.get();
  // Root may have more than the machine's limit; anyone has as much as that.
  for (const int name : {SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE})
    (void)setsockopt(fd, SOL_SOCKET, name, &kBufferBytes, sizeof(kBufferBytes));
  if (setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) != 0) refuse("UDP_GRO");
  if (connect(fd, server.get(), server.size()) != 0) refuse("connect to the server");
  sockaddr_storage local{};
  socklen_t size = sizeof(local);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) refuse("getsockname");
  local_ = SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&local));
}

void ClientSocket::send(Bytes datagrams, std::size_t each) {
  iovec part{const_cast<std::uint8_t*>(datagrams.data()), datagrams.size()};
  ControlRoom control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  if (datagrams.size() > each) write_segment_size(message, static_cast<std::uint16_t>(each));
  (void)sendmsg(descriptor_.get(), &message, 0);
}

void ClientSocket::receive(const std::function<void(Bytes)>& take) {
  while (true) {
    iovec part{room_.data(), room_.size()};
    ControlRoom control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const ssize_t got = recvmsg(descriptor_.get(), &message, 0);
    if (got < 0 && (errno == EINTR || errno == ECONNREFUSED)) continue;
    if (got <= 0) return;
    const Bytes all = Bytes(room_).first(static_cast<std::size_t>(got));
    const std::size_t joined = read_details(message).segment_bytes;
    const std::size_t each = joined != 0 ? joined : std::max<std::size_t>(1, all.size());
    for (std::size_t at = 0; at < all.size(); at += each)
      take(all.subspan(at, std::min(each, all.size() - at)));
  }
}

}  // namespace quicrx::load
