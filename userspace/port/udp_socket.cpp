// SPDX-License-Identifier: MIT
#include "port/udp_socket.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "net/bind_patiently.h"

namespace quicrx {
namespace {

// Room for what arrives while a worker is busy with a batch. The kernel counts its own memory for each
// datagram too, so that this is some hundred small ones, or many more in GRO buffers.
constexpr int kBufferBytes = 4 << 20;

bool switch_on(int socket, int level, int name) {
  const int on = 1;
  return setsockopt(socket, level, name, &on, sizeof(on)) == 0;
}

bool wants_details(int socket, bool v6) {
  if (!switch_on(socket, SOL_SOCKET, SO_RXQ_OVFL)) return false;
  return v6 ? switch_on(socket, IPPROTO_IPV6, IPV6_V6ONLY) &&
                  switch_on(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO) &&
                  switch_on(socket, IPPROTO_IPV6, IPV6_RECVTCLASS)
            : switch_on(socket, IPPROTO_IP, IP_PKTINFO) && switch_on(socket, IPPROTO_IP, IP_RECVTOS);
}

void forbid_fragments(int socket, bool v6) {
  const int v4_probe = IP_PMTUDISC_PROBE, v6_probe = IPV6_PMTUDISC_PROBE;
  if (v6) {
    setsockopt(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6_probe, sizeof(v6_probe));
  } else {
    setsockopt(socket, IPPROTO_IP, IP_MTU_DISCOVER, &v4_probe, sizeof(v4_probe));
  }
}

/// The machine's limits hold for those who lack CAP_NET_ADMIN (net.core.rmem_max, wmem_max).
void enlarge_buffer(int socket, int force_name, int name) {
  if (setsockopt(socket, SOL_SOCKET, force_name, &kBufferBytes, sizeof(kBufferBytes)) != 0)
    setsockopt(socket, SOL_SOCKET, name, &kBufferBytes, sizeof(kBufferBytes));
}

tl::unexpected<Error> bind_failure(const std::string& where, int error) {
  switch (error) {
    case EADDRINUSE:
      return fail(ErrorKind::busy, where + " is taken by another socket; 'ss -ulpn' shows whose");
    case EADDRNOTAVAIL:
      return fail(ErrorKind::not_found, where + ": the machine has no such address; 'ip addr' shows them");
    case EACCES:
      return fail(ErrorKind::permission,
                  where + ": may not be bound: below 1024 it takes CAP_NET_BIND_SERVICE");
    default:
      return fail(ErrorKind::failure, where + ": cannot bind: " + std::strerror(error));
  }
}

}  // namespace

Result<UdpSocket> UdpSocket::open(const SocketPort::Config& config) {
  const bool v6 = config.id == PortId::socket6;
  const std::string where = "UDP port " + config.listen.to_string();
  Descriptor socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) {
    const ErrorKind kind = errno == EAFNOSUPPORT ? ErrorKind::unsupported : ErrorKind::failure;
    return fail(kind, where + ": cannot open a socket: " + std::strerror(errno));
  }
  if (!wants_details(socket.get(), v6) ||
      (config.shares && !switch_on(socket.get(), SOL_SOCKET, SO_REUSEPORT)))
    return fail(ErrorKind::failure, where + ": cannot set up the socket: " + std::strerror(errno));
  forbid_fragments(socket.get(), v6);
  enlarge_buffer(socket.get(), SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge_buffer(socket.get(), SO_SNDBUFFORCE, SO_SNDBUF);
  switch_on(socket.get(), SOL_UDP, UDP_GRO);  // without it every datagram comes alone
  if (const int error = bind_patiently(socket.get(), config.listen.get(), config.listen.size(), EADDRINUSE);
      error != 0)
    return bind_failure(where, error);
  return UdpSocket(std::move(socket), config.listen);
}

Result<void> UdpSocket::share() {
  if (switch_on(descriptor(), SOL_SOCKET, SO_REUSEPORT)) return {};
  return fail(ErrorKind::failure, "UDP port " + std::to_string(bound_.port()) +
                                      ": cannot be shared by workers: " + std::strerror(errno));
}

}  // namespace quicrx
