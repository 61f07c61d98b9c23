// SPDX-License-Identifier: MIT
#include "quicrx/pool_conformance.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "quicrx/frame.h"

namespace quicrx {
namespace {

/// One run of a pool. Each step leaves every frame free that was.
class Conformance {
 public:
  explicit Conformance(FramePool& pool) : pool_(pool), start_(pool.count()) {}

  std::vector<std::string> run() &&;

 private:
  void lends_each_frame_once();
  void gives_whole_frames();
  void takes_back_in_any_order();
  void takes_back_from_other_threads();
  void refuses_a_second_release();
  void refuses_a_stale_release();
  void refuses_foreign_releases();
  void takes_back_batches();
  void frames_give_themselves_back();

  void expect(bool holds, const std::string& violation) {
    if (!holds && std::ranges::find(violations_, violation) == violations_.end())
      violations_.push_back(violation);
  }
  /// With so many frames held.
  void expect_counts(std::size_t held, const std::string& when) {
    const FrameCounts now = pool_.count();
    expect(now.free == start_.free - held && now.held == start_.held + held && now.fill == start_.fill &&
               now.transmit == start_.transmit,
           "the counts are off " + when);
    expect(pool_.available() == start_.free - held, "available() is off " + when);
  }
  std::vector<Tag> acquire_all();
  void release_all(const std::vector<Tag>& tags);

  FramePool& pool_;
  FrameCounts start_;
  std::mt19937 random_{1};
  std::vector<std::string> violations_;
};

/// Bounded, for a pool that lends frames without end.
std::vector<Tag> Conformance::acquire_all() {
  std::vector<Tag> tags;
  while (tags.size() <= start_.free) {
    auto frame = pool_.acquire();
    if (!frame) break;
    tags.push_back(frame->detach());
  }
  return tags;
}

void Conformance::release_all(const std::vector<Tag>& tags) {
  for (const Tag tag : tags)
    expect(pool_.release(tag) == Release::released, "a present loan is not released");
}

void Conformance::lends_each_frame_once() {
  std::vector<Tag> tags = acquire_all();
  expect(tags.size() == start_.free, "acquire() gives another number of frames than are free");
  expect_counts(tags.size(), "when all frames are held");
  std::ranges::sort(tags, {}, &Tag::index);
  expect(std::ranges::adjacent_find(tags, {}, &Tag::index) == tags.end() || tags.empty(),
         "a frame is lent twice at once");
  expect(std::ranges::all_of(tags, [&](Tag tag) { return tag.pool() == pool_.id(); }),
         "a tag names another pool");
  release_all(tags);
  expect_counts(0, "when all frames are back");
}

void Conformance::gives_whole_frames() {
  const std::vector<Tag> tags = acquire_all();
  std::vector<MutableBytes> frames;
  frames.reserve(tags.size());
  for (const Tag tag : tags) frames.push_back(pool_.memory(tag));
  std::ranges::sort(frames, {}, [](MutableBytes frame) { return frame.data(); });
  for (std::size_t i = 0; i < frames.size(); ++i) {
    expect(frames[i].size() > pool_.headroom(), "a frame has no room behind its headroom");
    expect(frames[i].size() == frames[0].size(), "frames differ in capacity");
    expect(i == 0 || frames[i - 1].data() + frames[i - 1].size() <= frames[i].data(),
           "the memory of two frames overlaps");
    std::ranges::fill(frames[i], static_cast<std::uint8_t>(i));  // a sanitizer says what is out of bounds
  }
  for (std::size_t i = 0; i < frames.size(); ++i)
    expect(std::ranges::all_of(frames[i], [&](std::uint8_t byte) { return byte == (i & 0xff); }),
           "a frame does not keep what was written");
  release_all(tags);
}

void Conformance::takes_back_in_any_order() {
  std::vector<Tag> tags = acquire_all();
  std::ranges::shuffle(tags, random_);
  for (std::size_t left = tags.size(); left > 0; --left) {
    expect(pool_.release(tags[left - 1]) == Release::released, "a present loan is not released");
    if (left % 64 == 1) expect_counts(left - 1, "while frames come back out of order");
  }
  expect_counts(0, "when frames came back out of order");
}

void Conformance::takes_back_from_other_threads() {
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Tag> tags = acquire_all();
    expect(tags.size() == start_.free, "frames that other threads released are not lent again");
    std::ranges::shuffle(tags, random_);
    const auto middle = tags.begin() + static_cast<std::ptrdiff_t>(tags.size() / 2);
    std::array<std::vector<Tag>, 2> parts{std::vector<Tag>(tags.begin(), middle),
                                          std::vector<Tag>(middle, tags.end())};
    std::array<std::size_t, 2> released{};
    {
      std::jthread other([&] {
        for (const Tag tag : parts[0]) released[0] += pool_.release(tag) == Release::released ? 1 : 0;
      });
      released[1] = pool_.release(parts[1]);
    }
    expect(released[0] + released[1] == tags.size(), "releases from two threads at once are lost");
  }
  expect_counts(0, "when other threads released");
}

void Conformance::refuses_a_second_release() {
  auto frame = pool_.acquire();
  if (!frame) return expect(false, "no frame can be acquired");
  const Tag tag = frame->detach();
  expect(pool_.release(tag) == Release::released, "a present loan is not released");
  expect(pool_.release(tag) == Release::twice, "a second release is not refused as such");
  expect_counts(0, "after a second release");
}

/// A frame that was lent again has another generation, and the tag of its last loan is refused.
void Conformance::refuses_a_stale_release() {
  const std::vector<Tag> old = acquire_all();
  release_all(old);
  const std::vector<Tag> present = acquire_all();
  for (const Tag tag : old)
    expect(pool_.release(tag) == Release::stale, "a release by the tag of an earlier loan is not refused");
  expect_counts(present.size(), "after stale releases");
  release_all(present);
}

void Conformance::refuses_foreign_releases() {
  const auto other_pool = static_cast<PoolId>(pool_.id() ^ 1);
  auto frame = pool_.acquire();
  if (!frame) return expect(false, "no frame can be acquired");
  const Tag tag = frame->detach();
  const std::array<Tag, 3> foreign{Tag(other_pool, tag.generation(), tag.index()),
                                   Tag(pool_.id(), 0, Tag::kMaxFrames - 1), Tag()};
  for (const Tag one : foreign)
    expect(pool_.release(one) == Release::foreign, "a foreign tag is not refused as such");
  expect(pool_.memory(foreign[0]).empty() && pool_.memory(foreign[2]).empty(), "a foreign tag names memory");
  expect_counts(1, "after foreign releases");
  release_all({tag});
}

void Conformance::takes_back_batches() {
  std::vector<Tag> tags = acquire_all();
  const std::size_t good = tags.size();
  tags.push_back(Tag());
  if (good > 0) tags.push_back(tags.front());  // twice in one batch
  std::ranges::shuffle(tags, random_);
  expect(pool_.release(tags) == good, "a batch does not tell how many were released");
  expect_counts(0, "after a batch");
}

void Conformance::frames_give_themselves_back() {
  {
    auto frame = pool_.acquire();
    if (!frame) return expect(false, "no frame can be acquired");
    expect(frame->headroom().size() == pool_.headroom(), "a frame has another headroom than its pool says");
    expect(frame->payload().empty(), "a fresh frame has a payload");
    const Tag tag = frame->detach();
    expect_counts(1, "while a tag is detached");
    const Frame again = Frame::attach(pool_, tag);
    expect(static_cast<bool>(again) && again.tag() == tag, "a detached tag cannot be attached");
  }
  expect_counts(0, "when a Frame has died");
}

std::vector<std::string> Conformance::run() && {
  if (start_.free < 2) return {"the pool has fewer than two free frames to be tried with"};
  lends_each_frame_once();
  gives_whole_frames();
  takes_back_in_any_order();
  takes_back_from_other_threads();
  refuses_a_second_release();
  refuses_a_stale_release();
  refuses_foreign_releases();
  takes_back_batches();
  frames_give_themselves_back();
  return std::move(violations_);
}

}  // namespace

std::vector<std::string> check_conformance(FramePool& pool) {
  return Conformance(pool).run();
}

}  // namespace quicrx
