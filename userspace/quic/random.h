// SPDX-License-Identifier: MIT
#pragma once

#include "quic/siphash.h"
#include "quicrx/bytes.h"

namespace quicrx {

/// Fills with unpredictable bytes.
void fill_random(MutableBytes out);

/// A key for hash tables and filters that no outsider can guess.
SipHashKey random_siphash_key();

}  // namespace quicrx
