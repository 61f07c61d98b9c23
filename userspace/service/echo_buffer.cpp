// SPDX-License-Identifier: MIT
#include "service/echo_buffer.h"

#include <algorithm>

namespace quicrx {

void EchoBuffer::append(Bytes data) {
  appended_ += data.size();
  while (!data.empty()) {
    // A chunk is never made larger than it was reserved, for that would move it.
    if (chunks_.empty() || chunks_.back().size() == chunks_.back().capacity())
      chunks_.emplace_back().reserve(kChunkBytes);
    std::vector<std::uint8_t>& chunk = chunks_.back();
    const std::size_t bytes = std::min(data.size(), chunk.capacity() - chunk.size());
    chunk.insert(chunk.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(bytes));
    data = data.subspan(bytes);
  }
}

MutableBytes EchoBuffer::unsent() {
  if (left() == 0) return {};
  if (sent_of_chunk_ == chunks_[sending_].size()) {
    ++sending_;
    sent_of_chunk_ = 0;
  }
  return MutableBytes(chunks_[sending_]).subspan(sent_of_chunk_);
}

void EchoBuffer::sent(std::uint64_t bytes) {
  sent_ += bytes;
  sent_of_chunk_ += static_cast<std::size_t>(bytes);
}

void EchoBuffer::acked(std::uint64_t bytes) {
  acked_ += bytes;
  acked_of_first_ += static_cast<std::size_t>(bytes);
  // The chunk that is sent from may grow.
  while (sending_ > 0 && acked_of_first_ >= chunks_.front().size()) {
    acked_of_first_ -= chunks_.front().size();
    chunks_.pop_front();
    --sending_;
  }
}

}  // namespace quicrx
