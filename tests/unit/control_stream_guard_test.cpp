// SPDX-License-Identifier: MIT
#include "service/control_stream_guard.h"

#include <gtest/gtest.h>

namespace quicrx::test {
namespace {

using Content = std::vector<std::uint8_t>;

// The stream's type, SETTINGS, PRIORITY_UPDATE of stream 0 with "u=1", GOAWAY.
const Content kControl{0, 4, 2, 1, 0, 0x80, 0x0f, 0x07, 0, 4, 0, 'u', '=', '1', 7, 1, 0};
constexpr std::size_t kBehindId = 11;

TEST(ControlStreamGuard, NeverEndsBehindAnElementIdAndLosesNothing) {
  for (std::size_t first = 0; first <= kControl.size(); ++first) {
    for (std::size_t second = first; second <= kControl.size(); ++second) {
      ControlStreamGuard guard;
      Content passed;
      for (const Bytes part : {Bytes(kControl).first(first), Bytes(kControl).subspan(first, second - first),
                               Bytes(kControl).subspan(second)}) {
        for (const std::uint8_t byte : guard.pass(part)) passed.push_back(byte);
        EXPECT_NE(passed.size(), kBehindId) << first << " " << second;
      }
      EXPECT_EQ(passed, kControl);
    }
  }
}

TEST(ControlStreamGuard, LeavesOtherStreamsAlone) {
  ControlStreamGuard guard;
  const Content encoder{2, 0x80, 0x0f, 0x07, 0, 4, 0};
  EXPECT_EQ(guard.pass(encoder), encoder);
}

}  // namespace
}  // namespace quicrx::test
