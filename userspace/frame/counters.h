// SPDX-License-Identifier: MIT
/// Counters that one thread writes and any thread or process may read.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace quicrx {

/// One counter for each enumerator of `Id`, whose last is `count_`.
///
/// One thread adds (plain arithmetic, no locked instruction); anybody reads, also through shared memory: the
/// layout is an array of 64-bit words.
template <typename Id>
class Counters {
 public:
  static constexpr std::size_t kSize = static_cast<std::size_t>(Id::count_);

  void add(Id id, std::uint64_t n = 1) noexcept {
    auto& word = words_[static_cast<std::size_t>(id)];
    word.store(word.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  /// For the few counters that several threads write.
  void add_shared(Id id, std::uint64_t n = 1) noexcept {
    words_[static_cast<std::size_t>(id)].fetch_add(n, std::memory_order_relaxed);
  }
  void subtract(Id id, std::uint64_t n = 1) noexcept { add(id, std::uint64_t{0} - n); }
  [[nodiscard]] std::uint64_t get(Id id) const noexcept {
    return words_[static_cast<std::size_t>(id)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kSize> words_{};
};

}  // namespace quicrx
