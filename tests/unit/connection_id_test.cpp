// SPDX-License-Identifier: MIT
#include "quic/connection_id_key.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <set>
#include <vector>

#include "endpoint_fixture.h"

namespace quicrx {
namespace {

using C = EndpointCounter;
using Id = std::array<std::uint8_t, kConnectionIdBytes>;

const ConnectionIdKey kKey = ConnectionIdKey::random();

Id id_of(WorkerNumber worker) {
  Id id{};
  kKey.make(worker, id);
  return id;
}

TEST(ConnectionIdKey, SaysWhichWorkerHasAnId) {
  for (const WorkerNumber worker : std::initializer_list<WorkerNumber>{0, 1, 7, 255, 256, 65535})
    EXPECT_EQ(kKey.worker_of(id_of(worker)), worker);
}

TEST(ConnectionIdKey, KnowsNoIdThatItHasNotMade) {
  EXPECT_FALSE(ConnectionIdKey::random().worker_of(id_of(1)));
  Id random{};
  for (int i = 0; i < 1000; ++i) {
    fill_random(random);
    EXPECT_FALSE(kKey.worker_of(random));
  }
  EXPECT_FALSE(kKey.worker_of(Bytes(id_of(1)).first(kConnectionIdBytes - 1)));
  EXPECT_FALSE(kKey.worker_of({}));
}

/// Who saw an ID could otherwise aim at the worker next to it.
TEST(ConnectionIdKey, TakesNoIdWithABitFlipped) {
  const Id id = id_of(1);
  for (std::size_t bit = 0; bit < 8 * id.size(); ++bit) {
    Id changed = id;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(kKey.worker_of(changed)) << bit;
  }
}

/// To whoever has no key the IDs of one worker look like those of any: each bit is set in half of them, and
/// no two bytes repeat.
TEST(ConnectionIdKey, LooksRandom) {
  constexpr int kIds = 4000;
  std::array<int, 8 * kConnectionIdBytes> ones{};
  std::set<Id> seen;
  std::array<std::set<std::uint8_t>, kConnectionIdBytes> values;
  for (int i = 0; i < kIds; ++i) {
    const Id id = id_of(3);
    seen.insert(id);
    for (std::size_t at = 0; at < id.size(); ++at) values[at].insert(id[at]);
    for (std::size_t bit = 0; bit < ones.size(); ++bit) ones[bit] += id[bit / 8] >> bit % 8 & 1;
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kIds));
  for (const int count : ones) {
    EXPECT_GT(count, kIds / 2 - 250);  // eight standard deviations
    EXPECT_LT(count, kIds / 2 + 250);
  }
  for (const auto& set : values) EXPECT_EQ(set.size(), 256u);
}

struct Forwarded final : Forwarder {
  void forward(Datagram datagram, WorkerNumber to, Timestamp) override {
    const Bytes payload = datagram.frame.payload();
    datagrams.push_back({{payload.begin(), payload.end()}, to});
  }
  std::vector<std::pair<std::vector<std::uint8_t>, WorkerNumber>> datagrams;
};

class ForwardingTest : public test::EndpointFixture {
 protected:
  void SetUp() override {
    EndpointFixture::SetUp();
    EndpointConfig config;
    config.id_key = kKey;
    config.worker = 1;
    restart(config);
    endpoint_->forward_to(others_);
  }
  static std::vector<std::uint8_t> short_packet(const Id& id) {
    std::vector<std::uint8_t> packet(100, 0x55);
    std::ranges::copy(id, packet.begin() + 1);
    packet[0] = 0x40;
    return packet;
  }
  static std::vector<std::uint8_t> long_packet(std::uint8_t first, std::uint32_t version, const Id& id) {
    std::vector<std::uint8_t> packet(1200, 0x55);
    packet[0] = first;
    for (std::size_t i = 0; i < 4; ++i) packet[1 + i] = static_cast<std::uint8_t>(version >> (24 - 8 * i));
    packet[5] = kConnectionIdBytes;
    std::ranges::copy(id, packet.begin() + 6);
    packet[6 + kConnectionIdBytes] = 0;     // source connection ID
    packet[7 + kConnectionIdBytes] = 0x40;  // length or token length
    packet[8 + kConnectionIdBytes] = 0x40;
    return packet;
  }

  Forwarded others_;
};

TEST_F(ForwardingTest, HandsOverWhatAnotherWorkerHas) {
  deliver(short_packet(id_of(2)));
  deliver(long_packet(0xe0, NGTCP2_PROTO_VER_V1, id_of(3)));  // Handshake
  deliver(long_packet(0xc0, NGTCP2_PROTO_VER_V1, id_of(4)));  // an Initial that does not open a connection
  ASSERT_EQ(others_.datagrams.size(), 3u);
  EXPECT_EQ(others_.datagrams[0].first.size(), 100u);
  EXPECT_EQ(others_.datagrams[0].second, 2u);
  EXPECT_EQ(others_.datagrams[1].second, 3u);
  EXPECT_EQ(others_.datagrams[2].second, 4u);
  EXPECT_TRUE(port_->sent.empty());
}

/// However its client came by the ID: it would have chosen the worker.
TEST_F(ForwardingTest, OpensNoConnectionUnderAnIdOfOurs) {
  test::TestClient client("hq-interop", path_, now_);
  auto initial = client.write(now_).front();
  deliver(long_packet(0xc0, NGTCP2_PROTO_VER_V1, id_of(1)));
  EXPECT_EQ(count(C::drop_not_acceptable), 1u);
  EXPECT_TRUE(port_->sent.empty());
  EXPECT_EQ(endpoint_->connections(), 0u);
  deliver(initial);
  EXPECT_EQ(endpoint_->connections(), 1u);
}

TEST_F(ForwardingTest, NegotiatesNoVersionWithAConnectionThatIsElsewhere) {
  deliver(long_packet(0xe0, 0xbabababa, id_of(2)));
  EXPECT_TRUE(port_->sent.empty());
  EXPECT_EQ(count(C::drop_wrong_version), 1u);
}

TEST_F(ForwardingTest, KeepsInitialsWithIdsOfTheirClients) {
  Id random{};
  fill_random(random);
  deliver(long_packet(0xc0, NGTCP2_PROTO_VER_V1, random));
  EXPECT_TRUE(others_.datagrams.empty());
}

TEST_F(ForwardingTest, AnswersWhatIsForNoWorker) {
  Id random{};
  fill_random(random);
  deliver(short_packet(random));
  deliver(short_packet(id_of(1)));  // it had that connection
  EXPECT_TRUE(others_.datagrams.empty());
  EXPECT_EQ(count(C::stateless_resets_sent), 2u);
}

TEST_F(ForwardingTest, IssuesIdsThatNameIt) {
  test::TestClient client("hq-interop", path_, now_);
  talk(client);
  ASSERT_TRUE(client.handshake_done());
  EXPECT_EQ(kKey.worker_of(client.server_id()), WorkerNumber{1});
}

}  // namespace
}  // namespace quicrx
