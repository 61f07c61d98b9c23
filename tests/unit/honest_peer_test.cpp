// SPDX-License-Identifier: MIT
/// Networks that make an honest client look like one that floods.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

#include "endpoint_fixture.h"

namespace quicrx::test {
namespace {

using C = EndpointCounter;
using std::chrono::microseconds;

class HonestPeer : public EndpointFixture {
 protected:
  static constexpr std::uint64_t kBytes = 30'000'000;

  /// A download at about 200 Mbit/s over a path of 10 ms each way, on which each of the client's packets is
  /// held up for a random while, and comes so many times.
  void download(microseconds jitter, int copies) {
    TestClient client("perf", path_, now_);
    talk(client);
    std::string length(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(kBytes >> (56 - 8 * i));
    const std::int64_t stream = client.request(length);
    std::mt19937 random(1);
    std::multimap<Timestamp, std::vector<std::uint8_t>> up;
    std::deque<std::pair<Timestamp, std::vector<std::uint8_t>>> down;
    for (const Timestamp end = now_ + seconds(30); now_ < end && !client.finished[stream];
         now_ += microseconds(250)) {
      client.expire(now_);
      for (const auto& datagram : client.write(now_)) {
        const microseconds late(jitter.count() > 0 ? random() % static_cast<unsigned>(jitter.count()) : 0);
        for (int i = 0; i < copies; ++i) up.emplace(now_ + milliseconds(10) + late, datagram);
      }
      for (; !up.empty() && up.begin()->first <= now_; up.erase(up.begin())) deliver(up.begin()->second);
      turn();
      for (; !port_->sent.empty(); port_->sent.pop_front())
        down.emplace_back(now_ + milliseconds(10), std::move(port_->sent.front().payload));
      for (int i = 0; i < 4 && !down.empty() && down.front().first <= now_; ++i, down.pop_front())
        client.read(down.front().second, now_);
    }
    EXPECT_EQ(client.received[stream].size(), kBytes);
    EXPECT_EQ(count(C::connections_closed_misuse), 0u);
  }
};

TEST_F(HonestPeer, WhosePacketsAreDoubled) {
  download(microseconds(0), 2);
}

TEST_F(HonestPeer, WhosePacketsOvertakeEachOther) {
  download(milliseconds(5), 1);
}

TEST_F(HonestPeer, WhosePacketsAreDoubledAndOvertakeEachOther) {
  download(milliseconds(5), 2);
}

}  // namespace
}  // namespace quicrx::test
