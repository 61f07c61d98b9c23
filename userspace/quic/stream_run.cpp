// SPDX-License-Identifier: MIT
#include "quic/stream_run.h"

#include <algorithm>

namespace quicrx {

bool StreamRun::offer() {
  if (under_way_) return true;
  offered_.stream = -1;
  offered_.part_count = 0;
  offered_.fin = false;
  if (session_ == nullptr || !session_->next(offered_)) return false;
  under_way_ = true;
  any_taken_ = false;
  first_ = 0;
  count_ = offered_.part_count;
  left_ = taken_ = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    parts_[i] = {.base = static_cast<std::uint8_t*>(offered_.parts[i].iov_base),
                 .len = offered_.parts[i].iov_len};
    left_ += parts_[i].len;
  }
  return true;
}

void StreamRun::taken(std::uint64_t bytes) {
  any_taken_ = true;
  taken_ += bytes;
  left_ -= bytes;
  while (first_ < count_ && bytes >= parts_[first_].len) bytes -= parts_[first_++].len;
  if (bytes > 0) {
    parts_[first_].base += bytes;
    parts_[first_].len -= bytes;
  }
  if (left_ == 0 || taken_ >= kMaxBytes) end();
}

void StreamRun::end() {
  if (!under_way_) return;
  under_way_ = false;
  if (any_taken_) session_->sent(offered_.stream, taken_, offered_.fin && left_ == 0);
}

}  // namespace quicrx
