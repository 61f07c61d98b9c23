// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/bytes.h"

namespace quicrx {

/// Whether a packet with these frames makes its receiver acknowledge it (RFC 9000 section 1.2): whether there
/// is any but ACK, PADDING and CONNECTION_CLOSE. What cannot be read counts as such.
bool is_ack_eliciting(Bytes frames);

}  // namespace quicrx
