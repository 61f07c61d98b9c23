// SPDX-License-Identifier: MIT
/// Connections on budgets of frames: back-pressure for who is at the end of one, and never another's frames.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>

#include "endpoint_fixture.h"
#include "quicrx/heap_pool.h"
#include "quicrx/pool_policy.h"

namespace quicrx::test {
namespace {

constexpr PoolId kHoldPool = kFirstUserPool + 100;

std::string wish(std::uint64_t bytes) {
  std::string wanted(8, 0);
  for (std::size_t i = 0; i < 8; ++i) wanted[i] = static_cast<char>(bytes >> (56 - 8 * i));
  return wanted;
}

std::unique_ptr<FramePool> heap_pool(PoolId id, std::uint32_t frames) {
  return std::move(*make_heap_pool({.id = id, .frames = frames}));
}

/// Gives every connection what the test says, and knows which are there.
class TestPolicy final : public PoolPolicy {
 public:
  ConnectionFrames begin(const SocketAddress& client) override {
    ++begun;
    return by_port.contains(client.port()) ? by_port[client.port()] : rest;
  }
  void end(const ConnectionFrames&) override { ++ended; }

  ConnectionFrames rest;
  std::map<std::uint16_t, ConnectionFrames> by_port;  ///< of the client
  int begun = 0, ended = 0;
};

class FrameBudgetTest : public EndpointFixture {
 protected:
  struct Peer {
    Path path;
    std::unique_ptr<TestClient> client;
  };

  void begin(std::size_t frames) {
    EndpointConfig config;
    config.pools = &policy_;
    config.hold_pool = hold_.get();
    restart(config, frames);
  }
  void TearDown() override {
    peers_.clear();
    endpoint_.reset();
    port_->in_transmit.clear();
    EXPECT_EQ(policy_.begun, policy_.ended);
    EXPECT_EQ(hold_->count().free, hold_->count().total());
    EndpointFixture::TearDown();
  }

  Peer& join(std::uint16_t port, const std::string& alpn) {
    Peer& peer = peers_[port];
    peer.path = path_;
    peer.path.remote = SocketAddress(path_.remote.ip(), port);
    peer.client = std::make_unique<TestClient>(alpn, peer.path, now_);
    return peer;
  }
  void step() {
    for (auto& [port, peer] : peers_) {
      peer.client->expire(now_);
      for (const auto& payload : peer.client->write(now_)) {
        if (port_->pool.available() == 0) break;  // lost: the port has no frame to receive it in
        Datagram datagram = port_->datagram(payload, peer.path, now_);
        endpoint_->receive({&datagram, 1}, now_);
      }
    }
    turn();
    for (; !port_->sent.empty(); port_->sent.pop_front()) {
      const FakePort::Sent& sent = port_->sent.front();
      ++sent_by_[sent.pool];
      const auto to = peers_.find(sent.path.remote.port());
      if (to != peers_.end()) to->second.client->read(sent.payload, now_);
    }
    now_ += milliseconds(1);
  }
  void steps(int count) {
    for (int i = 0; i < count; ++i) step();
  }
  void establish(Peer& peer) {
    for (int i = 0; i < 200 && !peer.client->handshake_done(); ++i) step();
    ASSERT_TRUE(peer.client->handshake_done());
    steps(20);
  }
  /// Frames in transmit to a client.
  [[nodiscard]] std::size_t out() const { return port_->in_transmit.size(); }

  TestPolicy policy_;
  std::unique_ptr<FramePool> hold_ = heap_pool(kHoldPool, 16);
  std::map<std::uint16_t, Peer> peers_;
  std::map<PoolId, std::size_t> sent_by_;
};

TEST_F(FrameBudgetTest, WritesWaitAtTheEndOfTheBudgetAndGoOnWhenFramesAreBack) {
  policy_.rest.send.frames = 4;
  begin(64);
  Peer& peer = join(5000, "perf");
  establish(peer);
  port_->slow = true;
  const auto stream = peer.client->request(wish(100'000));
  steps(30);
  EXPECT_EQ(out(), 4u);
  EXPECT_TRUE(endpoint_->starved()) << "the worker is to look again";
  EXPECT_GT(count(EndpointCounter::send_budget_reached), 0u);
  for (int i = 0; i < 2000 && !peer.client->finished[stream]; ++i) {
    port_->in_transmit.clear();
    step();
    ASSERT_LE(out(), 4u);
  }
  EXPECT_EQ(peer.client->received[stream].size(), 100'000u);
}

TEST_F(FrameBudgetTest, WhoIsAtTheEndOfTheBudgetLeavesTheOthersTheirs) {
  policy_.by_port[5000].send.frames = 4;
  begin(64);
  Peer& greedy = join(5000, "perf");
  Peer& other = join(5001, "perf");
  establish(greedy);
  establish(other);
  port_->slow = true;
  greedy.client->request(wish(1'000'000));
  steps(20);
  ASSERT_EQ(out(), 4u);
  const auto stream = other.client->request(wish(20'000));
  steps(50);
  EXPECT_TRUE(other.client->finished[stream]);
}

TEST_F(FrameBudgetTest, AFairShareLeavesAsMuchAsItTakes) {
  begin(64);
  for (const std::uint16_t port : {std::uint16_t{5000}, std::uint16_t{5001}, std::uint16_t{5002}})
    establish(join(port, "perf"));
  port_->slow = true;
  std::size_t before = 0;
  std::uint16_t next = 5000;
  for (const std::size_t least : {20u, 8u, 4u}) {  // about a half, a quarter and an eighth of what there is
    peers_[next++].client->request(wish(1'000'000));
    steps(60);
    EXPECT_GE(out() - before, least);
    EXPECT_GE(port_->pool.available(), out() - before) << "it left as much";
    before = out();
  }
}

TEST_F(FrameBudgetTest, AConnectionSendsFromAPoolOfItsOwn) {
  constexpr PoolId kOwn = kFirstUserPool + 1;
  const auto own = heap_pool(kOwn, 8);
  policy_.by_port[5000].send = {own.get(), std::nullopt};
  begin(64);
  Peer& peer = join(5000, "perf");
  establish(peer);
  sent_by_.clear();
  const auto stream = peer.client->request(wish(50'000));
  for (int i = 0; i < 500 && !peer.client->finished[stream]; ++i) step();
  EXPECT_EQ(peer.client->received[stream].size(), 50'000u);
  EXPECT_GT(sent_by_[kOwn], 30u);
  EXPECT_EQ(sent_by_.size(), 1u) << "and from no other";
  port_->slow = true;
  peer.client->request(wish(50'000));
  steps(20);
  EXPECT_EQ(own->available(), 4u) << "also of its own pool a fair share is half";
  port_->in_transmit.clear();
  endpoint_.reset();
  EXPECT_EQ(own->count().free, 8u);
}

TEST_F(FrameBudgetTest, WhatASessionHoldsLiesInFramesUntilItsBudgetIsUsed) {
  policy_.rest.hold.frames = 3;
  begin(64);
  Peer& peer = join(5000, "echo");
  establish(peer);
  const auto stream = peer.client->request(std::string(20'000, 'x'));
  // The client acknowledges nothing while it is not shown what is sent, so that the echo stays held.
  for (int i = 0; i < 30; ++i) {
    for (const auto& payload : peer.client->write(now_)) {
      Datagram datagram = port_->datagram(payload, peer.path, now_);
      endpoint_->receive({&datagram, 1}, now_);
    }
    now_ += milliseconds(1);
  }
  EXPECT_EQ(count(EndpointCounter::held_in_frames), 3u);
  EXPECT_GT(count(EndpointCounter::held_on_heap), 0u) << "the rest was copied elsewhere";
  EXPECT_EQ(hold_->count().held, 3u);
  for (int i = 0; i < 2000 && peer.client->received[stream].size() < 20'000; ++i) step();
  EXPECT_EQ(peer.client->received[stream], std::string(20'000, 'x'));
}

TEST_F(FrameBudgetTest, ManySmallPiecesPinNoFrameEach) {
  begin(64);
  Peer& peer = join(5000, "echo");
  establish(peer);
  for (int i = 0; i < 40; ++i) {
    peer.client->request("one byte each");
    steps(3);
  }
  EXPECT_LE(hold_->count().held, 8u) << "at most half, for one alone";
}

/// Connections come and go, with pools and budgets of all kinds; frames come back when they like.
class RandomWalk : public FrameBudgetTest {
 protected:
  static constexpr std::uint16_t kFirstPort = 5000;
  static constexpr std::uint16_t kPeers = 12;

  void set_up_pools() {
    for (std::uint16_t i = 0; i < 3; ++i)
      own_.push_back(heap_pool(static_cast<PoolId>(kFirstUserPool + i), 8u << i));
  }
  FrameBudget any_budget() {
    FrameBudget budget;
    if (random_() % 3 == 0) budget.pool = own_[random_() % own_.size()].get();
    if (random_() % 2 == 0) budget.frames = 1 + random_() % 12;
    return budget;
  }
  void join_or_leave() {
    const auto port = static_cast<std::uint16_t>(kFirstPort + random_() % kPeers);
    const auto there = peers_.find(port);
    if (there == peers_.end()) {
      policy_.by_port[port] = {any_budget(), any_budget()};
      join(port, random_() % 2 == 0 ? "echo" : "perf");
    } else if (random_() % 3 == 0) {
      const auto last = there->second.client->close(now_);
      if (!last.empty() && port_->pool.available() > 0) {
        Datagram datagram = port_->datagram(last, there->second.path, now_);
        endpoint_->receive({&datagram, 1}, now_);
      }
      peers_.erase(there);
    }
  }
  void ask() {
    for (auto& [port, peer] : peers_)
      if (random_() % 20 == 0 && peer.client->handshake_done() && !peer.client->draining)
        peer.client->request(random_() % 2 == 0 ? wish(random_() % 60'000)
                                                : std::string(8 + random_() % 9'000, 'q'));
  }
  void complete_some() {
    while (!port_->in_transmit.empty() && random_() % 5 != 0) {
      const std::size_t which = random_() % port_->in_transmit.size();
      port_->in_transmit.erase(port_->in_transmit.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  /// Each frame that is out is out once, and every pool's counts add up.
  void expect_exact() {
    std::map<PoolId, std::size_t> in_transmit;
    for (const Frame& frame : port_->in_transmit) ++in_transmit[frame.tag().pool()];
    ASSERT_EQ(port_->pool.count().held, in_transmit[port_->pool.id()]);
    ASSERT_EQ(port_->pool.count().total(), 64u);
    for (const auto& pool : own_) ASSERT_GE(pool->count().held, in_transmit[pool->id()]);
  }

  std::mt19937 random_{20261125};
  std::vector<std::unique_ptr<FramePool>> own_;
};

TEST_F(RandomWalk, EndsWithEveryFrameInItsPool) {
  set_up_pools();
  begin(64);
  port_->slow = true;
  for (int turn = 0; turn < 8000; ++turn) {
    if (random_() % 8 == 0) join_or_leave();
    ask();
    step();
    complete_some();
    expect_exact();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(policy_.begun, 200);
  EXPECT_GT(count(EndpointCounter::send_budget_reached), 100u);
  EXPECT_GT(count(EndpointCounter::held_in_frames), 100u);
  EXPECT_GT(count(EndpointCounter::held_on_heap), 10u);
  endpoint_.reset();
  port_->in_transmit.clear();
  EXPECT_EQ(port_->pool.count().free, 64u);
  for (const auto& pool : own_) EXPECT_EQ(pool->count().free, pool->count().total());
  EXPECT_EQ(hold_->count().free, hold_->count().total());
  for (std::size_t i = 0; i < PoolCounters::kSize; ++i)
    EXPECT_EQ(port_->counters.get(static_cast<PoolCounter>(i)), 0u);
}

}  // namespace
}  // namespace quicrx::test
