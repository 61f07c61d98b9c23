// SPDX-License-Identifier: MIT
#include "engine/handoff_lane.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace quicrx {
namespace {

std::uint32_t sum_of_limits(const std::vector<HandoffLane::Source>& sources) {
  return std::accumulate(sources.begin(), sources.end(), std::uint32_t{1},
                         [](std::uint32_t sum, const auto& source) { return sum + source.limit; });
}

}  // namespace

HandoffLane::HandoffLane(std::vector<Source> sources, std::uint32_t first_index)
    : sources_(std::move(sources)),
      datagrams_(sum_of_limits(sources_), first_index),
      returns_(sum_of_limits(sources_), first_index),
      away_by_source_(sources_.size()) {}

std::size_t HandoffLane::place_of(PoolId pool) const noexcept {
  return static_cast<std::size_t>(std::ranges::find(sources_, pool, &Source::id) - sources_.begin());
}

bool HandoffLane::put(Datagram datagram, Timestamp now) {
  const std::size_t place = place_of(datagram.frame.tag().pool());
  if (place == sources_.size() || away_by_source_[place] == sources_[place].limit) return false;
  const Entry entry{.tag = datagram.frame.tag(),
                    .offset = static_cast<std::uint32_t>(datagram.frame.headroom().size()),
                    .bytes = static_cast<std::uint32_t>(datagram.frame.payload().size()),
                    .flow_hash = datagram.flow_hash,
                    .ecn = datagram.ecn,
                    .path = datagram.path,
                    .arrival = datagram.arrival,
                    .handed = now};
  if (!datagrams_.put(entry)) return false;  // cannot be: there is room for all that may be away
  (void)datagram.frame.detach();             // the owner's, until the tag is back
  ++away_by_source_[place];
  ++away_;
  return true;
}

bool HandoffLane::publish() {
  if (!datagrams_.unpublished()) return false;
  datagrams_.publish();
  return true;
}

void HandoffLane::collect() {
  if (away_ == 0) return;
  for (Tag tag; returns_.take(tag);) {
    const std::size_t place = place_of(tag.pool());
    // What is no present loan is refused and counted by the pool, and was not away.
    if (place == sources_.size() || sources_[place].pool->release(tag) != Release::released) continue;
    --away_by_source_[place];
    --away_;
  }
}

std::size_t HandoffLane::take(std::span<Datagram> out, LatencyHistogram& latency, Timestamp now) {
  std::size_t count = 0;
  for (Entry entry; count < out.size() && datagrams_.take(entry); ++count) {
    Frame frame(*this, entry.tag, memory(entry.tag), 0);
    frame.set_payload(entry.offset, entry.bytes);
    out[count] = {std::move(frame), entry.path, entry.ecn, entry.arrival, entry.flow_hash};
    latency.add(now - entry.handed);
  }
  return count;
}

MutableBytes HandoffLane::memory(Tag tag) const noexcept {
  const std::size_t place = place_of(tag.pool());
  return place == sources_.size() ? MutableBytes() : sources_[place].pool->memory(tag);
}

Release HandoffLane::release(Tag tag) noexcept {
  if (!returns_.put(tag)) return Release::twice;  // more than were taken
  returns_.publish();
  return Release::released;
}

std::size_t HandoffLane::release(std::span<const Tag> tags) noexcept {
  std::size_t released = 0;
  for (const Tag tag : tags) released += release(tag) == Release::released ? 1 : 0;
  return released;
}

}  // namespace quicrx
