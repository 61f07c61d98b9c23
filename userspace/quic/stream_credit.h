// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace quicrx {

/// When a peer is told of the streams that it may open in place of those that ended (MAX_STREAMS, RFC 9000
/// section 4.6). Where requests come one after the other, a packet for each that ends, and one that
/// acknowledges it, would be as many as those of the requests. So it waits for the next request's answer, to
/// go with that; unless no more than half are left.
class StreamCredit {
 public:
  /// `limit`: how many may be open at once.
  explicit StreamCredit(std::uint64_t limit) : allowed_(limit), most_left_(limit / 2) {}

  /// The peer opened its `number`th stream, from 1; those before it are as good as opened. How many more it
  /// is to be allowed now.
  [[nodiscard]] std::uint64_t opened(std::uint64_t number) {
    opened_ = std::max(opened_, number);
    return give();
  }

  /// One of them has ended. How many more the peer is to be allowed now.
  [[nodiscard]] std::uint64_t ended() {
    ++owed_;
    return allowed_ - opened_ > most_left_ ? 0 : give();
  }

 private:
  std::uint64_t give() {
    allowed_ += owed_;
    return std::exchange(owed_, 0);
  }

  std::uint64_t allowed_;
  std::uint64_t most_left_;
  std::uint64_t opened_ = 0;
  std::uint64_t owed_ = 0;
};

}  // namespace quicrx
