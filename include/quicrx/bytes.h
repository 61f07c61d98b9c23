// SPDX-License-Identifier: MIT
/// Views of bytes that somebody else owns.
#pragma once

#include <cstdint>
#include <span>

namespace quicrx {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

}  // namespace quicrx
