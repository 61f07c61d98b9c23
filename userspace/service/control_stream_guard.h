// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "quicrx/bytes.h"

namespace quicrx {

/// Stands before nghttp3 on a unidirectional stream of the peer. nghttp3 1.8 ends the process (assertion "len
/// > 0") when what it is given ends right behind the element ID of a PRIORITY_UPDATE frame, where a client
/// may well cut: the beginning of such a frame is held back until a byte of its value is there.
class ControlStreamGuard {
 public:
  /// What may go on of what was held back and `data` behind it, in order.
  std::vector<std::uint8_t> pass(Bytes data);

 private:
  enum class Stream { unknown, control, other };

  std::size_t passable(Bytes bytes);

  Stream stream_ = Stream::unknown;
  std::uint64_t frame_left_ = 0;    // of the frame under way
  std::vector<std::uint8_t> held_;  // less than a frame's header and an element ID
};

}  // namespace quicrx
