// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "frame/descriptor.h"
#include "quicrx/bytes.h"

namespace quicrx {

/// A bound on bytes held at once, shared by those who hold them; may be a part of a larger one.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit, MemoryBudget* whole = nullptr) : left_(limit), whole_(whole) {}
  bool take(std::size_t bytes) {
    if (bytes > left_ || (whole_ != nullptr && !whole_->take(bytes))) return false;
    left_ -= bytes;
    return true;
  }
  void give(std::size_t bytes) {
    left_ += bytes;
    if (whole_ != nullptr) whole_->give(bytes);
  }

 private:
  std::size_t left_;
  MemoryBudget* whole_;
};

/// A file as stream data: read piece by piece as it can be sent, each piece held until it is acknowledged, so
/// that memory is bounded whatever the file's size.
class FileReader {
 public:
  static constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

  /// Reads the first `bytes` bytes. `budget` outlives the reader.
  FileReader(Descriptor file, std::uint64_t bytes, MemoryBudget& budget)
      : file_(std::move(file)), left_(bytes), budget_(&budget) {}
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  ~FileReader() { budget_->give(held_); }

  enum class Status {
    data,
    wait,    ///< the budget is used up: try again after an acknowledgement
    failed,  ///< the file cannot be read, or became shorter
  };
  struct Piece {
    Status status = Status::data;
    MutableBytes bytes;  ///< empty only for a file of no bytes
    bool last = false;
  };

  /// The next piece. Not after the last.
  Piece next();

  /// The first `bytes` of what is held have been acknowledged.
  void acked(std::uint64_t bytes);

 private:
  Descriptor file_;
  std::uint64_t offset_ = 0;
  std::uint64_t left_;
  MemoryBudget* budget_;
  std::deque<std::vector<std::uint8_t>> pieces_;
  std::size_t acked_of_first_ = 0;
  std::size_t held_ = 0;
};

}  // namespace quicrx
