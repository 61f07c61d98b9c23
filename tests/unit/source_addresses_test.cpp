// SPDX-License-Identifier: MIT
#include "port/source_addresses.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "net/address_text.h"

namespace quicrx::test {
namespace {

constexpr Timestamp kStart{std::chrono::seconds(1000)};
const SocketAddress kAny4 = SocketAddress::any_ipv4(443);
const SocketAddress kAny6 = SocketAddress::any_ipv6(443);

SocketAddress address(const std::string& text) {
  return parse_socket_address(text, 443).value();
}

/// A machine whose addresses the test chooses.
class SourceAddressesTest : public testing::Test {
 protected:
  void give(const std::string& text) {
    machine->push_back({SocketAddress(address(text).ip(), 0), "eth0", false});
  }
  bool sends(const std::string& source) {
    const SocketAddress local = address(source);
    return sources.can_send(local.is_ipv6() ? kAny6 : kAny4, local);
  }

  std::optional<std::vector<MachineAddress>> machine = std::vector<MachineAddress>();
  unsigned lists = 0;
  SourceAddresses sources{[this] {
    ++lists;
    return machine;
  }};
};

TEST_F(SourceAddressesTest, OwnOnesAndForeignOnes) {
  for (const char* own : {"192.0.2.1", "192.0.2.9", "10.0.0.1", "2001:db8::1", "fe80::1"}) give(own);
  sources.refresh(kStart);
  for (const char* own : {"192.0.2.1", "192.0.2.9", "10.0.0.1", "[2001:db8::1]", "[fe80::1]"})
    EXPECT_TRUE(sends(own)) << own;
  for (const char* foreign : {"192.0.2.2", "10.0.0.0", "[2001:db8::2]", "[::1]"})
    EXPECT_FALSE(sends(foreign)) << foreign;
  EXPECT_TRUE(sends("192.0.2.1")) << "the last answer is another's";
}

TEST_F(SourceAddressesTest, SocketsOfAnotherFamilyOrPort) {
  give("192.0.2.1");
  give("2001:db8::1");
  sources.refresh(kStart);
  EXPECT_FALSE(sources.can_send(kAny6, address("192.0.2.1")));
  EXPECT_FALSE(sources.can_send(kAny4, address("[2001:db8::1]")));
  EXPECT_FALSE(sources.can_send(kAny4, address("192.0.2.1:444")));
  EXPECT_TRUE(sources.can_send(kAny4, address("192.0.2.1")));
  EXPECT_FALSE(sources.can_send(kAny4, address("192.0.2.1:444"))) << "after its address has been asked for";
}

TEST_F(SourceAddressesTest, ASocketOfOneAddressSendsFromThatAlone) {
  give("192.0.2.1");
  give("192.0.2.2");
  sources.refresh(kStart);
  EXPECT_TRUE(sources.can_send(address("192.0.2.1"), address("192.0.2.1")));
  EXPECT_FALSE(sources.can_send(address("192.0.2.1"), address("192.0.2.2")));
}

TEST_F(SourceAddressesTest, BeforeTheFirstListThereIsNone) {
  give("192.0.2.1");
  EXPECT_FALSE(sends("192.0.2.1"));
  EXPECT_EQ(lists, 0u) << "to ask takes no system call";
}

TEST_F(SourceAddressesTest, WhatComesAndGoesIsNoticedWithTheNextList) {
  give("192.0.2.1");
  sources.refresh(kStart);
  EXPECT_FALSE(sends("192.0.2.2"));
  give("192.0.2.2");
  sources.refresh(kStart + SourceAddresses::kFresh - std::chrono::nanoseconds(1));
  EXPECT_FALSE(sends("192.0.2.2"));
  EXPECT_EQ(lists, 1u);
  sources.refresh(kStart + SourceAddresses::kFresh);
  EXPECT_TRUE(sends("192.0.2.2"));
  machine->pop_back();
  sources.refresh(kStart + 2 * SourceAddresses::kFresh);
  EXPECT_FALSE(sends("192.0.2.2"));
  EXPECT_TRUE(sends("192.0.2.1"));
  EXPECT_EQ(lists, 3u);
}

TEST_F(SourceAddressesTest, WhatWasListedStaysWhenTheKernelDoesNotTell) {
  give("192.0.2.1");
  sources.refresh(kStart);
  machine.reset();
  sources.refresh(kStart + SourceAddresses::kFresh);
  EXPECT_TRUE(sends("192.0.2.1"));
  EXPECT_EQ(lists, 2u);
}

TEST(MachineAddresses, HasLoopback) {
  SourceAddresses sources;
  sources.refresh(kStart);
  EXPECT_TRUE(sources.can_send(kAny4, address("127.0.0.1")));
  EXPECT_FALSE(sources.can_send(kAny4, address("192.0.2.1"))) << "for documentation (RFC 5737)";
}

}  // namespace
}  // namespace quicrx::test
