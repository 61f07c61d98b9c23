// SPDX-License-Identifier: MIT
#include "port/frame_gatherer.h"

#include <algorithm>
#include <utility>

namespace quicrx {

std::optional<Frame> FrameGatherer::add(Bytes part, bool more) {
  if (!in_packet_) {
    frame_ = pool_.acquire();
    bytes_ = 0;
  }
  in_packet_ = more;
  if (frame_ && part.size() <= frame_->room().size() - bytes_) {
    std::ranges::copy(part, frame_->room().subspan(bytes_).begin());
    bytes_ += part.size();
  } else {
    frame_.reset();
  }
  return more ? std::nullopt : finish();
}

std::optional<Frame> FrameGatherer::add_lost(bool more) {
  in_packet_ = more;
  frame_.reset();
  return std::nullopt;
}

std::optional<Frame> FrameGatherer::finish() {
  if (frame_) frame_->resize(bytes_);
  return std::exchange(frame_, std::nullopt);
}

}  // namespace quicrx
