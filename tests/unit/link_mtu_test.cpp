// SPDX-License-Identifier: MIT
#include "xdp/link_mtu.h"

#include <gtest/gtest.h>

#include "net/address_text.h"
#include "plain_socket.h"
#include "quicrx/socket_port.h"

namespace quicrx::test {
namespace {

TEST(LinkMtu, IsLimitedOnLoopback) {
  EXPECT_EQ(link_mtu(parse_socket_address("127.0.0.1:443", 0).value()), kLargestMtu);
}

TEST(LinkMtu, IsTheStandardOneForAnAddressThatNobodyHas) {
  EXPECT_EQ(link_mtu(parse_socket_address("192.0.2.1:443", 0).value()), kStandardMtu);
}

TEST(SocketPortOptions, MtuIsWhatIsSentAtMost) {
  SocketPortOptions options{.listen = PlainSocket(false).address(), .mtu = 9000};
  auto port = open_socket_port(options);
  ASSERT_TRUE(port) << port.error().message;
  Path path;
  path.remote = parse_socket_address("127.0.0.1:1", 0).value();
  EXPECT_EQ((*port)->max_payload(path), 8972u);
  const auto frame = (*port)->acquire(path);
  ASSERT_TRUE(frame);
  EXPECT_GE(frame->room().size(), 8972u);
}

TEST(SocketPortOptions, RefusesAnMtuThatNoLinkHas) {
  for (const unsigned mtu : {0u, 1279u, 65536u}) {
    const SocketPortOptions options{.listen = PlainSocket(false).address(), .mtu = mtu};
    for (const auto open : {open_socket_port, open_uring_port}) {
      const auto port = open(options);
      ASSERT_FALSE(port) << mtu;
      EXPECT_EQ(port.error().kind, ErrorKind::usage);
    }
  }
}

}  // namespace
}  // namespace quicrx::test
