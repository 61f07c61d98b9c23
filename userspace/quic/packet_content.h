// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "quicrx/bytes.h"

namespace quicrx {

/// What a packet's frames are, as far as it tells a peer that works from one that only costs.
struct PacketContent {
  /// Its receiver must acknowledge it (RFC 9000 section 1.2): there is any frame but ACK, PADDING and
  /// CONNECTION_CLOSE. What cannot be read counts as such.
  bool ack_eliciting = false;
  std::size_t stream_bytes = 0;  ///< of data in STREAM frames, up to the first frame that cannot be read
};

PacketContent read_content(Bytes frames);

}  // namespace quicrx
