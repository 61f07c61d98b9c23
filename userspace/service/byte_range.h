// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace quicrx {

/// A part of a representation.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What a Range field asks for.
struct RangeRequest {
  enum class Kind {
    whole,          ///< no range that we serve: the field is ignored
    part,           ///< one range
    unsatisfiable,  ///< nothing of it is in the representation
  };
  Kind kind = Kind::whole;
  ByteRange range;
};

/// Reads a Range field (RFC 9110 section 14.2) for a representation of `size` bytes. Several ranges, other
/// units and malformed fields are answered with the whole, as a server may.
RangeRequest parse_range(std::string_view field, std::uint64_t size);

}  // namespace quicrx
