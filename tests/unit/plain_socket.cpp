// SPDX-License-Identifier: MIT
#include "plain_socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <vector>

#include "port/socket_messages.h"

namespace quicrx::test {

SocketAddress loopback(bool v6, std::uint16_t port) {
  constexpr std::array<std::uint8_t, 4> kIpv4{127, 0, 0, 1};
  return v6 ? SocketAddress({in6addr_loopback.s6_addr, 16}, port) : SocketAddress(kIpv4, port);
}

PlainSocket::PlainSocket(bool v6) : descriptor_(socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)) {
  const SocketAddress any_port = loopback(v6, 0);
  EXPECT_EQ(bind(descriptor_.get(), any_port.get(), any_port.size()), 0);
  sockaddr_in6 bound{};
  socklen_t size = sizeof(bound);
  EXPECT_EQ(getsockname(descriptor_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
  address_ = SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&bound));
  const int on = 1;
  EXPECT_EQ(v6 ? setsockopt(descriptor_.get(), IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on))
               : setsockopt(descriptor_.get(), IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)),
            0);
}

void PlainSocket::send(const SocketAddress& to, const std::string& payload, Ecn ecn, std::uint16_t segment) {
  iovec part{const_cast<char*>(payload.data()), payload.size()};
  ControlRoom control;
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.get());
  message.msg_namelen = to.size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Path path;
  path.local = address_;
  write_details(message, control, path, ecn);
  if (segment > 0) write_segment_size(message, segment);
  EXPECT_EQ(sendmsg(descriptor_.get(), &message, 0), static_cast<ssize_t>(payload.size()))
      << std::strerror(errno);
}

std::optional<PlainSocket::Received> PlainSocket::receive(std::chrono::milliseconds wait) {
  pollfd polled{descriptor_.get(), POLLIN, 0};
  if (poll(&polled, 1, static_cast<int>(wait.count())) != 1) return std::nullopt;
  std::vector<char> bytes(65536);
  sockaddr_in6 from{};
  iovec part{bytes.data(), bytes.size()};
  ControlRoom control;
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof(from);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  const ssize_t got = recvmsg(descriptor_.get(), &message, 0);
  if (got < 0) return std::nullopt;
  return Received{std::string(bytes.data(), static_cast<std::size_t>(got)), read_details(message).ecn,
                  SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&from))};
}

}  // namespace quicrx::test
