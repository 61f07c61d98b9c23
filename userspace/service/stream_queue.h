// SPDX-License-Identifier: MIT
#pragma once

#include <list>
#include <unordered_map>

#include "quicrx/service.h"

namespace quicrx {

/// Whether a stream carries data in one direction only (RFC 9000 section 2.1).
inline bool is_unidirectional(StreamId stream) {
  return (stream & 2) != 0;
}

/// Streams that have something to send, each in its turn. Every call takes the same time however many there
/// are.
class StreamQueue {
 public:
  /// At the end; a stream that is in already keeps its place.
  void add(StreamId stream) {
    if (places_.contains(stream)) return;
    places_[stream] = order_.insert(order_.end(), stream);
  }
  void remove(StreamId stream) {
    const auto found = places_.find(stream);
    if (found == places_.end()) return;
    order_.erase(found->second);
    places_.erase(found);
  }
  /// The stream has had its turn.
  void move_to_end(StreamId stream) {
    if (const auto found = places_.find(stream); found != places_.end())
      order_.splice(order_.end(), order_, found->second);
  }

  [[nodiscard]] bool empty() const { return order_.empty(); }
  [[nodiscard]] StreamId front() const { return order_.front(); }

 private:
  std::list<StreamId> order_;
  std::unordered_map<StreamId, std::list<StreamId>::iterator> places_;
};

}  // namespace quicrx
