// SPDX-License-Identifier: MIT
#include "port/port_group.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/address_text.h"

namespace quicrx::test {
namespace {

constexpr Timestamp kStart{std::chrono::seconds(1000)};
constexpr std::uint16_t kPort = 443;

SocketAddress address(const std::string& text) {
  return parse_socket_address(text, kPort).value();
}

/// Takes all that is sent.
template <typename Base>
class FakeLeaf : public Base {
 public:
  explicit FakeLeaf(std::size_t payload) : payload_(payload) {}

  std::size_t receive(std::span<Datagram>, Timestamp) override { return 0; }
  FramePool* transmit_pool(const Path&) override { return nullptr; }
  std::optional<Frame> acquire(const Path&) override { return std::nullopt; }
  void send(Frame, const Path&, Ecn) override { ++sent; }
  void flush() override {}
  std::size_t max_payload(const Path&) const override { return payload_; }
  int descriptor() const override { return -1; }
  bool has_received() const override { return false; }
  bool has_unsent() const override { return false; }
  std::size_t frames_in_transmit() const override { return 0; }
  Result<void> adopt() override { return {}; }
  std::vector<ReceivePool> receive_pools() override { return {}; }
  const PortCounters& counters() const override { return counters_; }

  unsigned sent = 0;

 private:
  std::size_t payload_;
  PortCounters counters_;
};

class FakeQueue final : public FakeLeaf<QueuePort> {
 public:
  explicit FakeQueue(bool zero_copy) : FakeLeaf(9000), zero_copy_(zero_copy) {}

  bool zero_copy() const override { return zero_copy_; }
  std::chrono::microseconds busy_poll() const override { return {}; }
  bool poll_driver() override { return false; }

 private:
  bool zero_copy_;
};

class FakeSocket final : public FakeLeaf<SocketPort> {
 public:
  explicit FakeSocket(const SocketAddress& bound) : FakeLeaf(1400), bound_(bound) {}

  Result<void> share() override { return {}; }
  const SocketAddress& bound() const override { return bound_; }

 private:
  SocketAddress bound_;
};

/// A group on a machine that has 192.0.2.1 and 2001:db8::1.
class Group {
 public:
  explicit Group(TransmitBy transmit, bool zero_copy = false, bool with_ipv6 = true) {
    PortGroup::Parts parts;
    auto queue = std::make_unique<FakeQueue>(zero_copy);
    auto ipv4 = std::make_unique<FakeSocket>(SocketAddress::any_ipv4(kPort));
    auto ipv6 = with_ipv6 ? std::make_unique<FakeSocket>(SocketAddress::any_ipv6(kPort)) : nullptr;
    queue_ = queue.get();
    ipv4_ = ipv4.get();
    ipv6_ = ipv6.get();
    parts = {std::move(queue), std::move(ipv4), std::move(ipv6)};
    ports_ = std::make_unique<PortGroup>(std::move(parts), transmit, [this] { return machine; });
    turn(kStart);
  }

  void turn(Timestamp now) { EXPECT_EQ(ports_->receive({}, now), 0u); }

  /// By what an answer leaves to what came to `local`: "af_xdp", "socket4", "socket6" or nothing.
  std::string way(const std::string& local, bool tagged = false, PortId came_by = PortId::af_xdp) {
    Path path;
    path.local = address(local);
    path.remote = address(path.local.is_ipv6() ? "[2001:db8::99]" : "192.0.2.99");
    path.link.vlan_count = tagged ? 1 : 0;
    path.port = came_by;
    queue_->sent = ipv4_->sent = 0;
    if (ipv6_ != nullptr) ipv6_->sent = 0;
    ports_->send(Frame(), path, Ecn::not_ect);
    std::string by;
    if (queue_->sent > 0) by = "af_xdp";
    if (ipv4_->sent > 0) by += "socket4";
    if (ipv6_ != nullptr && ipv6_->sent > 0) by += "socket6";
    EXPECT_EQ(ports_->max_payload(path), by.empty() ? 1200u : by == "af_xdp" ? 9000u : 1400u);
    return by;
  }

  std::optional<std::vector<MachineAddress>> machine{
      {{SocketAddress(address("192.0.2.1").ip(), 0), "eth0"},
       {SocketAddress(address("[2001:db8::1]").ip(), 0), "eth0"}}};

 private:
  std::unique_ptr<PortGroup> ports_;
  FakeQueue* queue_ = nullptr;
  FakeSocket* ipv4_ = nullptr;
  FakeSocket* ipv6_ = nullptr;
};

TEST(PortGroup, AnswersBySocketWhereTheMachineHasTheAddress) {
  for (const TransmitBy transmit : {TransmitBy::automatic, TransmitBy::socket}) {
    Group group(transmit);
    EXPECT_EQ(group.way("192.0.2.1"), "socket4");
    EXPECT_EQ(group.way("[2001:db8::1]"), "socket6");
    EXPECT_EQ(group.way("192.0.2.7"), "af_xdp") << "an address that the machine lacks";
    EXPECT_EQ(group.way("[2001:db8::7]"), "af_xdp");
    EXPECT_EQ(group.way("192.0.2.1:444"), "af_xdp") << "a port that is steered, and not the socket's";
  }
}

TEST(PortGroup, AnswersByAfXdpWhenToldOrWithoutACopy) {
  Group told(TransmitBy::af_xdp);
  EXPECT_EQ(told.way("192.0.2.1"), "af_xdp");
  Group zero_copy(TransmitBy::automatic, true);
  EXPECT_EQ(zero_copy.way("192.0.2.1"), "af_xdp");
  Group insistent(TransmitBy::socket, true);
  EXPECT_EQ(insistent.way("192.0.2.1"), "socket4");
}

TEST(PortGroup, VlanTagsKeepAfXdpUnlessSocketsAreToldFor) {
  Group automatic(TransmitBy::automatic);
  EXPECT_EQ(automatic.way("192.0.2.1", true), "af_xdp");
  Group told(TransmitBy::socket);
  EXPECT_EQ(told.way("192.0.2.1", true), "socket4");
}

TEST(PortGroup, WhatCameByASocketLeavesByIt) {
  Group group(TransmitBy::af_xdp);
  EXPECT_EQ(group.way("192.0.2.7", false, PortId::socket4), "socket4");
  EXPECT_EQ(group.way("[2001:db8::7]", false, PortId::socket6), "socket6");
}

TEST(PortGroup, WithoutASocketOfTheFamily) {
  Group group(TransmitBy::socket, false, false);
  EXPECT_EQ(group.way("[2001:db8::1]"), "af_xdp");
  EXPECT_EQ(group.way("[2001:db8::1]", false, PortId::socket6), "") << "of another worker's";
}

TEST(PortGroup, NoticesInATurnThatAnAddressCameOrWent) {
  Group group(TransmitBy::automatic);
  group.machine->front().address = SocketAddress(address("192.0.2.7").ip(), 0);
  group.turn(kStart + std::chrono::seconds(1));
  EXPECT_EQ(group.way("192.0.2.1"), "socket4");
  group.turn(kStart + SourceAddresses::kFresh);
  EXPECT_EQ(group.way("192.0.2.1"), "af_xdp");
  EXPECT_EQ(group.way("192.0.2.7"), "socket4");
}

}  // namespace
}  // namespace quicrx::test
