// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace quicrx {

/// Tells copies of the last packets from new ones, by their nonces. A nonce is a packet number in disguise:
/// those of successive packets differ in their last bits, so each has a place of its own.
class DuplicateWindow {
 public:
  /// Whether it came before, as far back as this reaches; if not, it has from now on.
  bool seen(std::uint64_t nonce) {
    std::uint64_t& place = recent_[nonce % kPackets];
    if (place == nonce) return true;
    place = nonce;
    return false;
  }

 private:
  static constexpr std::size_t kPackets = 64;

  std::array<std::uint64_t, kPackets> recent_{};
};

}  // namespace quicrx
