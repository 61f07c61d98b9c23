// SPDX-License-Identifier: MIT
#include "engine/handoff_lane.h"

#include <utility>

namespace quicrx {

HandoffLane::HandoffLane(AwayFrames& away, std::uint32_t capacity, std::uint32_t first_index)
    : away_frames_(away),
      datagrams_(capacity, first_index),
      returns_(capacity, first_index),
      capacity_(capacity),
      away_by_source_(away.sources().size()) {}

bool HandoffLane::put(Datagram datagram, Timestamp now) {
  const std::size_t place = away_frames_.place_of(datagram.frame.tag().pool());
  if (place == away_by_source_.size() || away_ == capacity_ ||
      !away_frames_.may_go(place, away_by_source_[place]))
    return false;
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
  away_frames_.go(place);
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
    const std::size_t place = away_frames_.place_of(tag.pool());
    // What is no present loan is refused and counted by the pool, and was not away.
    if (place == away_by_source_.size() ||
        away_frames_.sources()[place].pool->release(tag) != Release::released)
      continue;
    away_frames_.come_back(place);
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
  const std::size_t place = away_frames_.place_of(tag.pool());
  return place == away_frames_.sources().size() ? MutableBytes()
                                                : away_frames_.sources()[place].pool->memory(tag);
}

Release HandoffLane::release(Tag tag) noexcept {
  if (!returns_.put(tag)) return Release::twice;  // more than were taken
  returns_.publish();
  return Release::released;
}

}  // namespace quicrx
