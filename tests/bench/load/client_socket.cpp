// SPDX-License-Identifier: MIT
#include "client_socket.h"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace quicrx::load {
namespace {

constexpr int kBufferBytes = 8 << 20;
constexpr std::size_t kMostBytes = 65535;

[[noreturn]] void refuse(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The size of each datagram of a train that the kernel has joined (UDP_GRO).
std::size_t size_of_each(msghdr& message, std::size_t all) {
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_UDP || one->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(one), sizeof(size));
    return static_cast<std::size_t>(size);
  }
  return all;
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
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (datagrams.size() > each) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* segment = CMSG_FIRSTHDR(&message);
    segment->cmsg_level = SOL_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(each);
    std::memcpy(CMSG_DATA(segment), &size, sizeof(size));
  }
  (void)sendmsg(descriptor_.get(), &message, 0);
}

void ClientSocket::receive(const std::function<void(Bytes)>& take) {
  while (true) {
    iovec part{room_.data(), room_.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(descriptor_.get(), &message, 0);
    if (got < 0 && (errno == EINTR || errno == ECONNREFUSED)) continue;
    if (got <= 0) return;
    const Bytes all = Bytes(room_).first(static_cast<std::size_t>(got));
    const std::size_t each = std::max<std::size_t>(1, size_of_each(message, all.size()));
    for (std::size_t at = 0; at < all.size(); at += each)
      take(all.subspan(at, std::min(each, all.size() - at)));
  }
}

}  // namespace quicrx::load
