// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace quicrx::fuzz {

/// Tells libFuzzer that an input made something happen that is worth to build on. For what its own coverage
/// does not see: the libraries below us are not instrumented, but what they answer can be looked at.
void saw(std::uint64_t what);

}  // namespace quicrx::fuzz
