// SPDX-License-Identifier: MIT
#include "observed.h"

#include <array>

namespace quicrx::fuzz {
namespace {

// libFuzzer clears these before each input and counts those that are set as coverage.
__attribute__((section("__libfuzzer_extra_counters"))) std::array<std::uint8_t, 4096> extra_counters;

}  // namespace

void saw(std::uint64_t what) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;  // spreads neighbouring numbers
  extra_counters[(what * kGolden >> 32) % extra_counters.size()] = 1;
}

}  // namespace quicrx::fuzz
