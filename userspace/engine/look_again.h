// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace quicrx {

/// When a thread that serves ports looks again at what nothing wakes it for: frames that come back from the
/// kernel or from other workers, room in the kernel's send buffers.
///
/// Soon while somebody waits for that, otherwise soon enough to have every frame home at rest; ever more
/// rarely where nothing comes of it (a link that is down keeps what it was given).
class LookAgain {
 public:
  /// How things are after a turn.
  struct State {
    bool somebody_waits = false;  ///< for frames, or for the kernel to take what is queued
    std::size_t frames_out = 0;   ///< lent for send, or with other workers
    std::uint64_t sent = 0;       ///< datagrams, in all
  };

  /// Nothing: only for what wakes the thread.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> after(const State& now);
  /// Something has arrived.
  void start_over() { fruitless_looks_ = 0; }

 private:
  State last_;
  unsigned fruitless_looks_ = 0;  // in a row
};

}  // namespace quicrx
