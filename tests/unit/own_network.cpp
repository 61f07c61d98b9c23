// SPDX-License-Identifier: MIT
#include "own_network.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace quicrx::test {
namespace {

constexpr char kLink[] = "link";
constexpr std::uint16_t kPort = 4433;
constexpr std::array<std::uint8_t, 4> kMachine{10, 9, 0, 1}, kNeighbour{10, 9, 0, 2};

ifreq request_for(const char* interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  return request;
}

template <typename Request>
void ask(int descriptor, unsigned long what, Request& request) {
  EXPECT_EQ(ioctl(descriptor, what, &request), 0) << std::strerror(errno);
}

void bring_up(int socket, const char* interface) {
  ifreq request = request_for(interface);
  ask(socket, SIOCGIFFLAGS, request);
  request.ifr_flags |= IFF_UP;
  ask(socket, SIOCSIFFLAGS, request);
}

void set_address(int socket, unsigned long what, const SocketAddress& address) {
  ifreq request = request_for(kLink);
  std::memcpy(&request.ifr_addr, address.get(), address.size());
  ask(socket, what, request);
}

Descriptor any_socket() {
  return Descriptor(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

}  // namespace

bool in_own_network(unsigned loopback_mtu, const std::function<void()>& test) {
  bool allowed = true;
  std::thread([&] {
    allowed = unshare(CLONE_NEWNET) == 0;
    if (!allowed) {
      EXPECT_EQ(errno, EPERM) << std::strerror(errno);
      return;
    }
    const Descriptor socket = any_socket();
    ifreq request = request_for("lo");
    request.ifr_mtu = static_cast<int>(loopback_mtu);
    ask(socket.get(), SIOCSIFMTU, request);
    bring_up(socket.get(), "lo");
    test();
  }).join();
  return allowed;
}

SilentNeighbour::SilentNeighbour() : link_(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)) {
  ifreq request = request_for(kLink);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  ask(link_.get(), TUNSETIFF, request);
  const Descriptor socket = any_socket();
  set_address(socket.get(), SIOCSIFADDR, machine());
  set_address(socket.get(), SIOCSIFNETMASK, SocketAddress(std::array<std::uint8_t, 4>{255, 255, 255, 0}, 0));
  bring_up(socket.get(), kLink);
}

SocketAddress SilentNeighbour::machine() {
  return {kMachine, kPort};
}

SocketAddress SilentNeighbour::address() {
  return {kNeighbour, kPort};
}

void SilentNeighbour::appear() {
  arpreq request{};
  std::memcpy(&request.arp_pa, address().get(), address().size());
  request.arp_ha = {ARPHRD_ETHER, {2, 0, 0, 0, 0, 2}};
  request.arp_flags = ATF_COM | ATF_PERM;
  std::memcpy(request.arp_dev, kLink, sizeof(kLink));
  ask(any_socket().get(), SIOCSARP, request);
}

std::vector<std::string> SilentNeighbour::received() {
  constexpr std::size_t kType = 12, kIp = 14, kProtocol = kIp + 9, kHeaders = kIp + 20 + 8;
  std::vector<std::string> all;
  std::array<char, 2048> frame{};
  pollfd polled{link_.get(), POLLIN, 0};
  while (poll(&polled, 1, 50) == 1) {
    const ssize_t bytes = read(link_.get(), frame.data(), frame.size());
    if (bytes <= 0) break;
    const bool ipv4 = frame[kType] == 8 && frame[kType + 1] == 0;
    if (ipv4 && frame[kProtocol] == IPPROTO_UDP)
      all.emplace_back(frame.data() + kHeaders, static_cast<std::size_t>(bytes) - kHeaders);
  }
  return all;
}

int socket_at(const SocketAddress& address) {
  for (int one = 0; one < 1024; ++one) {
    sockaddr_in6 bound{};
    socklen_t size = sizeof(bound);
    if (getsockname(one, reinterpret_cast<sockaddr*>(&bound), &size) != 0) continue;
    if (bound.sin6_family != AF_INET && bound.sin6_family != AF_INET6) continue;
    if (SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&bound)) == address) return one;
  }
  return -1;
}

void make_send_buffer_small(int socket) {
  const int bytes = 1;  // the kernel makes it the least that it allows
  EXPECT_EQ(setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0) << std::strerror(errno);
}

}  // namespace quicrx::test
