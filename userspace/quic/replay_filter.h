// SPDX-License-Identifier: MIT
#pragma once

#include <tsl/robin_set.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "quic/siphash.h"
#include "quicrx/bytes.h"

namespace quicrx {

/// Tells what was shown before from what is shown for the first time: tokens (RFC 9000 section 8.1.4) and
/// 0-RTT handshakes (RFC 8446 section 8).
///
/// Remembers for at least `lifetime`, in two generations, and no more than `capacity` in each: a full one
/// takes everything new for seen, which only costs its owner a round trip. Any thread: it is locked, once a
/// handshake and never for a packet.
class ReplayFilter {
 public:
  ReplayFilter(SipHashKey key, std::chrono::seconds lifetime, std::size_t capacity)
      : key_(key), lifetime_(lifetime), capacity_(capacity) {}

  /// Whether `what` was shown before; if not, it has been from now on. `now` never goes back, but for what
  /// threads differ by.
  bool seen(Bytes what, std::chrono::seconds now) {
    const std::uint64_t hash = siphash(key_, what);
    const std::lock_guard lock(mutex_);
    rotate(now);
    if (current_.contains(hash) || previous_.contains(hash) || current_.size() >= capacity_) return true;
    current_.insert(hash);
    return false;
  }

 private:
  void rotate(std::chrono::seconds now) {
    if (now - since_ < lifetime_) return;
    if (now - since_ >= 2 * lifetime_) current_.clear();
    previous_ = std::exchange(current_, {});
    since_ = now;
  }

  SipHashKey key_;
  std::chrono::seconds lifetime_;
  std::size_t capacity_;
  std::mutex mutex_;  // of all below
  std::chrono::seconds since_{0};
  tsl::robin_set<std::uint64_t> current_;
  tsl::robin_set<std::uint64_t> previous_;
};

}  // namespace quicrx
