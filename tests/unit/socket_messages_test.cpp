// SPDX-License-Identifier: MIT
#include "port/socket_messages.h"

#include <gtest/gtest.h>

namespace quicrx::test {
namespace {

SocketAddress ipv6(std::uint8_t first, std::uint8_t second) {
  std::array<std::uint8_t, 16> ip{first, second};
  ip[15] = 1;
  return {ip, 443};
}

std::uint32_t interface_of(const SocketAddress& local, const SocketAddress& remote) {
  Path path;
  path.local = local;
  path.remote = remote;
  path.link.interface = 7;
  msghdr header{};
  ControlRoom room;
  write_details(header, room, path, Ecn::not_ect);
  return read_details(header).interface;
}

TEST(SocketMessages, NameTheLinkWhereAnAddressIsOneLinksAlone) {
  const SocketAddress global = ipv6(0x20, 0x01), link_local = ipv6(0xfe, 0x80), site_local = ipv6(0xfe, 0xc0);
  EXPECT_EQ(interface_of(link_local, link_local), 7u);
  EXPECT_EQ(interface_of(link_local, global), 7u);
  EXPECT_EQ(interface_of(global, link_local), 7u) << "the peer's address does not say which link";
  EXPECT_EQ(interface_of(global, global), 0u) << "the kernel's routes say";
  EXPECT_EQ(interface_of(site_local, site_local), 0u);
}

}  // namespace
}  // namespace quicrx::test
