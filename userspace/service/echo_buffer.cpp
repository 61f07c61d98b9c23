// SPDX-License-Identifier: MIT
#include "service/echo_buffer.h"

namespace quicrx {

void EchoBuffer::append(Bytes data) {
  appended_ += data.size();
  while (!data.empty()) {
    if (chunks_.empty() || chunks_.back().full()) chunks_.push_back(connection_.hold());
    data = data.subspan(chunks_.back().append(data));
  }
}

MutableBytes EchoBuffer::unsent() {
  if (left() == 0) return {};
  if (sent_of_chunk_ == chunks_[sending_].bytes().size()) {
    ++sending_;
    sent_of_chunk_ = 0;
  }
  return chunks_[sending_].bytes().subspan(sent_of_chunk_);
}

void EchoBuffer::sent(std::uint64_t bytes) {
  sent_ += bytes;
  sent_of_chunk_ += static_cast<std::size_t>(bytes);
}

void EchoBuffer::acked(std::uint64_t bytes) {
  acked_ += bytes;
  acked_of_first_ += static_cast<std::size_t>(bytes);
  // The chunk that is sent from may grow.
  while (sending_ > 0 && acked_of_first_ >= chunks_.front().bytes().size()) {
    acked_of_first_ -= chunks_.front().bytes().size();
    chunks_.pop_front();
    --sending_;
  }
}

}  // namespace quicrx
