// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "frame/descriptor.h"
#include "quicrx/bytes.h"
#include "service/byte_range.h"

namespace quicrx {

/// A bound on bytes held at once, shared by those who hold them; may be a part of a larger one.
///
/// The first kOwnBytes are not the larger one's: whatever others hold, a part can go on, and so has
/// acknowledgements to come that wake those who wait for it.
class MemoryBudget {
 public:
  static constexpr std::size_t kOwnBytes = std::size_t{64} << 10;

  explicit MemoryBudget(std::size_t limit, MemoryBudget* whole = nullptr) : limit_(limit), whole_(whole) {}

  bool take(std::size_t bytes) {
    if (bytes > limit_ - taken_) return false;
    if (whole_ != nullptr && !whole_->take(beyond_own(taken_ + bytes) - beyond_own(taken_))) return false;
    taken_ += bytes;
    return true;
  }
  void give(std::size_t bytes) {
    if (whole_ != nullptr) whole_->give(beyond_own(taken_) - beyond_own(taken_ - bytes));
    taken_ -= bytes;
  }
  [[nodiscard]] std::size_t taken() const { return taken_; }

 private:
  static std::size_t beyond_own(std::size_t bytes) { return bytes > kOwnBytes ? bytes - kOwnBytes : 0; }

  std::size_t limit_;
  MemoryBudget* whole_;
  std::size_t taken_ = 0;
};

/// A file as stream data: read piece by piece as it can be sent, each piece held until it is acknowledged, so
/// that memory is bounded whatever the file's size.
class FileReader {
 public:
  static constexpr std::size_t kPieceBytes = MemoryBudget::kOwnBytes;

  /// Reads a part of the file. `budget` outlives the reader.
  FileReader(Descriptor file, ByteRange part, MemoryBudget& budget)
      : file_(std::move(file)), offset_(part.first), left_(part.bytes), budget_(&budget) {}
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
    MutableBytes bytes;  ///< empty only for a part of no bytes
    bool last = false;
  };

  /// The next piece. Not after the last.
  Piece next();

  /// The first `bytes` of what is held have been acknowledged.
  void acked(std::uint64_t bytes);

 private:
  struct Held {
    std::unique_ptr<std::uint8_t[]> bytes;  // not a vector's, which would be zeroed before they are read into
    std::size_t size = 0;
  };

  Descriptor file_;
  std::uint64_t offset_;
  std::uint64_t left_;
  MemoryBudget* budget_;
  std::deque<Held> pieces_;
  std::size_t acked_of_first_ = 0;
  std::size_t held_ = 0;
};

}  // namespace quicrx
