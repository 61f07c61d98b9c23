// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "quicrx/datagram.h"

namespace quicrx {

/// A thing with one deadline, for which the heap keeps its place.
struct Timer {
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  Timestamp due;
  std::size_t place = kNowhere;  ///< the heap's
};

/// Deadlines in a binary heap: the next one at once, a change in log n, and nothing to do for those that
/// rest. Refers to timers and owns none; a timer is removed before it dies.
class TimerHeap {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  /// The timer with the earliest deadline. Not when empty.
  [[nodiscard]] Timer& first() const { return *heap_.front(); }

  /// Adds the timer, or moves it when it is in.
  void set(Timer& timer, Timestamp deadline) {
    if (timer.place == Timer::kNowhere) {
      timer.due = deadline;
      heap_.push_back(&timer);
      timer.place = heap_.size() - 1;
      rise(timer.place);
      return;
    }
    const bool earlier = deadline < timer.due;
    timer.due = deadline;
    earlier ? rise(timer.place) : sink(timer.place);
  }

  void remove(Timer& timer) {
    if (timer.place == Timer::kNowhere) return;
    const std::size_t place = std::exchange(timer.place, Timer::kNowhere);
    Timer* last = heap_.back();
    heap_.pop_back();
    if (last == &timer) return;
    put(place, last);
    rise(place);
    sink(last->place);
  }

 private:
  void put(std::size_t place, Timer* timer) {
    heap_[place] = timer;
    timer->place = place;
  }

  void rise(std::size_t place) {
    Timer* timer = heap_[place];
    while (place > 0 && timer->due < heap_[(place - 1) / 2]->due) {
      put(place, heap_[(place - 1) / 2]);
      place = (place - 1) / 2;
    }
    put(place, timer);
  }

  void sink(std::size_t place) {
    Timer* timer = heap_[place];
    while (true) {
      std::size_t child = 2 * place + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1]->due < heap_[child]->due) ++child;
      if (!(heap_[child]->due < timer->due)) break;
      put(place, heap_[child]);
      place = child;
    }
    put(place, timer);
  }

  std::vector<Timer*> heap_;
};

}  // namespace quicrx
