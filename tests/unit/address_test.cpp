// SPDX-License-Identifier: MIT
#include "quicrx/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>

namespace quicrx {
namespace {

SocketAddress v6(const char* text, std::uint16_t port) {
  std::array<std::uint8_t, 16> ip{};
  EXPECT_EQ(inet_pton(AF_INET6, text, ip.data()), 1);
  return {ip, port};
}

SocketAddress v4(std::array<std::uint8_t, 4> ip, std::uint16_t port) {
  return {ip, port};
}

TEST(SocketAddress, ReadsBackWhatItWasMadeFrom) {
  const SocketAddress address = v4({192, 0, 2, 1}, 443);
  EXPECT_FALSE(address.is_ipv6());
  EXPECT_EQ(address.port(), 443);
  EXPECT_EQ(address.to_string(), "192.0.2.1:443");
  EXPECT_EQ(v6("2001:db8::1", 8443).to_string(), "[2001:db8::1]:8443");
  EXPECT_EQ(SocketAddress::from_sockaddr(address.get()), address);
}

TEST(SocketAddress, ComparesAddressAndPort) {
  EXPECT_EQ(v6("2001:db8::1", 1), v6("2001:db8::1", 1));
  EXPECT_FALSE(v6("2001:db8::1", 1) == v6("2001:db8::1", 2));
  EXPECT_FALSE(v6("2001:db8::1", 1) == v6("2001:db8::2", 1));
  EXPECT_FALSE(v6("::", 1) == v4({0, 0, 0, 0}, 1));
}

TEST(SocketAddress, UnmapsIpv4) {
  EXPECT_EQ(SocketAddress::from_sockaddr(v6("::ffff:192.0.2.1", 9).get()), v4({192, 0, 2, 1}, 9));
}

TEST(SocketAddress, KnowsWhatAnAnswerCanComeFrom) {
  EXPECT_TRUE(v4({192, 0, 2, 1}, 1).is_unicast());
  EXPECT_TRUE(v6("fe80::1", 1).is_unicast());
  EXPECT_FALSE(SocketAddress().is_unicast());
  EXPECT_FALSE(v4({224, 0, 0, 1}, 1).is_unicast());
  EXPECT_FALSE(v4({255, 255, 255, 255}, 1).is_unicast());
  EXPECT_FALSE(v6("ff02::1", 1).is_unicast());
  EXPECT_FALSE(v6("::", 1).is_unicast());
}

}  // namespace
}  // namespace quicrx
