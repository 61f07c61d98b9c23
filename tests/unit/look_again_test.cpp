// SPDX-License-Identifier: MIT
#include "engine/look_again.h"

#include <gtest/gtest.h>

namespace quicrx {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(LookAgain, LeavesAThreadAloneThatHasNothingOut) {
  LookAgain look;
  EXPECT_FALSE(look.after({}));
  EXPECT_FALSE(look.after({.sent = 100})) << "what was sent is done";
}

TEST(LookAgain, CollectsFramesEverMoreRarely) {
  LookAgain look;
  EXPECT_EQ(look.after({.frames_out = 3}), milliseconds(2));
  EXPECT_EQ(look.after({.frames_out = 3}), milliseconds(4));
  EXPECT_EQ(look.after({.frames_out = 3}), milliseconds(8));
  for (int i = 0; i < 20; ++i) (void)look.after({.frames_out = 3});
  EXPECT_EQ(look.after({.frames_out = 3}), milliseconds(100)) << "a link that is down";
  EXPECT_EQ(look.after({.frames_out = 2}), milliseconds(2)) << "one came back";
  look.start_over();
  EXPECT_EQ(look.after({.frames_out = 2}), milliseconds(2)) << "something arrived";
}

TEST(LookAgain, IsSoonWhereSomebodyWaits) {
  LookAgain look;
  EXPECT_EQ(look.after({.somebody_waits = true, .frames_out = 3}), microseconds(100));
  EXPECT_EQ(look.after({.somebody_waits = true, .frames_out = 3}), microseconds(200));
  EXPECT_EQ(look.after({.somebody_waits = true, .frames_out = 3, .sent = 1}), microseconds(100));
}

TEST(LookAgain, IsAtOnceWhereAllIsBackAndWritersWait) {
  LookAgain look;
  EXPECT_EQ(look.after({.somebody_waits = true, .sent = 256}), nanoseconds(0));
  EXPECT_EQ(look.after({.somebody_waits = true, .sent = 512}), nanoseconds(0));
  EXPECT_EQ(look.after({.somebody_waits = true, .sent = 512}), microseconds(100))
      << "but does not spin in vain";
  EXPECT_EQ(look.after({.somebody_waits = true, .sent = 512}), microseconds(200));
}

}  // namespace
}  // namespace quicrx
