// SPDX-License-Identifier: MIT
#include "service/file_reader.h"

#include <unistd.h>

#include <algorithm>

namespace quicrx {

FileReader::Piece FileReader::next() {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPieceBytes));
  if (wanted == 0) return {Status::data, {}, true};
  if (!budget_->take(wanted)) return {Status::wait, {}, false};
  held_ += wanted;
  pieces_.push_back({std::make_unique_for_overwrite<std::uint8_t[]>(wanted), wanted});
  const Held& piece = pieces_.back();
  std::size_t have = 0;
  while (have < wanted) {
    const ssize_t got =
        pread(file_.get(), piece.bytes.get() + have, wanted - have, static_cast<off_t>(offset_ + have));
    if (got <= 0) return {Status::failed, {}, false};
    have += static_cast<std::size_t>(got);
  }
  offset_ += wanted;
  left_ -= wanted;
  if (left_ == 0) file_ = Descriptor();
  return {Status::data, {piece.bytes.get(), wanted}, left_ == 0};
}

void FileReader::acked(std::uint64_t bytes) {
  while (bytes > 0 && !pieces_.empty()) {
    const std::size_t size = pieces_.front().size;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, size - acked_of_first_));
    acked_of_first_ += part;
    bytes -= part;
    if (acked_of_first_ < size) return;
    pieces_.pop_front();
    acked_of_first_ = 0;
    held_ -= size;
    budget_->give(size);
  }
}

}  // namespace quicrx
