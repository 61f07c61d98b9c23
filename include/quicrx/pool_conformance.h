// SPDX-License-Identifier: MIT
/// Whether a pool keeps the contract of FramePool: for the tests of those who write one.
#pragma once

#include <string>
#include <vector>

#include "quicrx/export.h"
#include "quicrx/frame_pool.h"

namespace quicrx {

/// Runs a pool through everything that quicrx asks of one: acquire until none is left, release in any order,
/// one by one and in batches, from this and from other threads; releases that must be refused (second, stale,
/// foreign); counts by state and available() at each step; memory that overlaps no other frame's, of one
/// capacity and with the headroom that the pool names.
///
/// The calling thread owns the pool, and nobody else uses it meanwhile. Frames that are with the kernel
/// (fill, transmit) stay there; at least two must be free. Afterwards all that were free are free again.
/// Returns what is violated, a sentence each; empty when the pool conforms.
[[nodiscard]] QUICRX_API std::vector<std::string> check_conformance(FramePool& pool);

}  // namespace quicrx
