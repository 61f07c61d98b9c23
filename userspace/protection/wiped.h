// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <type_traits>

namespace quicrx {

/// A secret, whose memory is zeros once it has gone.
template <typename Secret>
struct Wiped {
  static_assert(std::is_trivially_destructible_v<Secret>);

  Wiped() = default;
  ~Wiped() { explicit_bzero(&value, sizeof(value)); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;

  Secret value{};
};

}  // namespace quicrx
