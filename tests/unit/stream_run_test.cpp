// SPDX-License-Identifier: MIT
#include "quic/stream_run.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace quicrx {
namespace {

struct Told {
  StreamId stream;
  std::uint64_t bytes;
  bool fin;
  friend bool operator==(const Told&, const Told&) = default;
};

/// Offers what it was given, and keeps what it was told.
class Offering final : public Session {
 public:
  explicit Offering(std::deque<Outgoing> offers) : offers_(std::move(offers)) {}

  bool next(Outgoing& out) override {
    ++asked;
    if (offers_.empty()) return false;
    out = offers_.front();
    return true;
  }
  void sent(StreamId stream, std::uint64_t bytes, bool fin) override {
    told.push_back({stream, bytes, fin});
    offers_.pop_front();
  }
  void ready() override {}
  void streams_allowed(std::uint64_t) override {}
  void received(StreamId, Bytes, bool) override {}
  void blocked(StreamId) override {}
  void writable(StreamId) override {}
  void write_ended(StreamId) override {}
  void acked(StreamId, std::uint64_t) override {}
  void reset(StreamId, AppError) override {}
  void read_ended(StreamId) override {}
  void closed(StreamId, AppError) override {}
  [[nodiscard]] AppError no_error() const override { return 0; }

  std::size_t asked = 0;
  std::vector<Told> told;

 private:
  std::deque<Outgoing> offers_;
};

class StreamRunTest : public testing::Test {
 protected:
  Outgoing of(StreamId stream, std::vector<std::size_t> sizes, bool fin = false) {
    Outgoing made;
    made.stream = stream;
    made.fin = fin;
    for (const std::size_t size : sizes) made.parts[made.part_count++] = {memory_.data(), size};
    return made;
  }
  std::uint64_t offered(const StreamRun& run) const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < run.part_count(); ++i) bytes += run.parts()[i].len;
    return bytes;
  }

  std::string memory_ = std::string(100'000, 'x');
};

TEST_F(StreamRunTest, AsksAndTellsOnceForManyPackets) {
  Offering session({of(4, {10, 5000}, true)});
  {
    StreamRun run(&session);
    ASSERT_TRUE(run.offer());
    run.taken(1010);
    ASSERT_TRUE(run.offer());
    EXPECT_EQ(run.part_count(), 1u);
    EXPECT_EQ(run.parts()->base, reinterpret_cast<std::uint8_t*>(memory_.data()) + 1000);
    EXPECT_EQ(run.parts()->len, 4000u);
    run.taken(1500);
    EXPECT_EQ(session.asked, 1u);
    EXPECT_TRUE(session.told.empty());
  }
  EXPECT_EQ(session.told, (std::vector<Told>{{4, 2510, false}})) << "the end was not sent";
}

TEST_F(StreamRunTest, TellsTheEndWithTheLastByte) {
  Offering session({of(4, {100, 100}, true), of(8, {}, true)});
  StreamRun run(&session);
  ASSERT_TRUE(run.offer());
  run.taken(150);
  run.taken(50);
  EXPECT_EQ(session.told, (std::vector<Told>{{4, 200, true}}));
  ASSERT_TRUE(run.offer());
  EXPECT_EQ(run.stream(), 8);
  EXPECT_EQ(run.part_count(), 0u);
  run.taken(0);
  EXPECT_EQ(session.told.back(), (Told{8, 0, true})) << "an end without bytes";
  EXPECT_FALSE(run.offer());
}

TEST_F(StreamRunTest, LetsOtherStreamsGoAfterSixteenKibibytes) {
  Offering session({of(4, {100'000}), of(8, {100})});
  StreamRun run(&session);
  std::uint64_t bytes = 0;
  while (run.offer() && run.stream() == 4) {
    run.taken(1400);
    bytes += 1400;
  }
  EXPECT_EQ(bytes, 16'800u);
  EXPECT_EQ(session.told, (std::vector<Told>{{4, 16'800, false}}));
}

TEST_F(StreamRunTest, SaysNothingOfWhatWasNotTaken) {
  Offering session({of(4, {100})});
  {
    StreamRun run(&session);
    ASSERT_TRUE(run.offer());
    EXPECT_EQ(offered(run), 100u);
  }
  EXPECT_TRUE(session.told.empty());
  StreamRun none(nullptr);
  EXPECT_FALSE(none.offer());
}

}  // namespace
}  // namespace quicrx
