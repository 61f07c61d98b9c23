// SPDX-License-Identifier: MIT
#include "engine/worker_cpus.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <thread>

#include "engine/pin_thread.h"

namespace quicrx {
namespace {

using Cpus = std::vector<unsigned>;
constexpr std::nullopt_t kUnknown = std::nullopt;

TEST(ChooseCpus, FollowsTheInterrupts) {
  EXPECT_EQ(choose_cpus({3, 1, 2}, {0, 1, 2, 3}).value(), (Cpus{3, 1, 2}));
}

TEST(ChooseCpus, SharesOutWhatIsFreeToTheRest) {
  EXPECT_EQ(choose_cpus({kUnknown, kUnknown, kUnknown}, {0, 1, 2, 3}).value(), (Cpus{0, 1, 2}));
  EXPECT_EQ(choose_cpus({kUnknown, 0, kUnknown}, {0, 1, 2}).value(), (Cpus{1, 0, 2}));
  EXPECT_EQ(choose_cpus({2, 2, 2, 2}, {0, 1, 2, 3}).value(), (Cpus{2, 0, 1, 3})) << "all on one CPU";
}

TEST(ChooseCpus, StartsAgainWhenAllAreTaken) {
  EXPECT_EQ(choose_cpus({kUnknown, kUnknown, kUnknown, kUnknown, kUnknown}, {4, 6}).value(),
            (Cpus{4, 6, 4, 6, 4}));
  EXPECT_EQ(choose_cpus({1, 1, 0, 1}, {0, 1}).value(), (Cpus{1, 0, 0, 1}));
}

TEST(ChooseCpus, LeavesAloneWhatIsNotAllowed) {
  EXPECT_EQ(choose_cpus({7, 5}, {4, 5}).value(), (Cpus{4, 5}));
  EXPECT_FALSE(choose_cpus({0}, {}));
}

TEST(ChooseCpus, NobodyIsServedByNobody) {
  EXPECT_EQ(choose_cpus({}, {0}).value(), Cpus{});
}

TEST(NamedCpus, AreTakenInTheirOrder) {
  EXPECT_EQ(take_named_cpus({3, 1}, 2, {0, 1, 2, 3}).value(), (Cpus{3, 1}));
  EXPECT_EQ(take_named_cpus({3, 1, 0}, 2, {0, 1, 2, 3}).value(), (Cpus{3, 1}));
  EXPECT_EQ(take_named_cpus({1, 1}, 2, {0, 1}).value(), (Cpus{1, 1}));
}

TEST(NamedCpus, MustDo) {
  EXPECT_EQ(take_named_cpus({0, 9}, 2, {0, 1, 2, 3}).error().message,
            "CPU 9 is not one that this process may run on; 0-3 are");
  EXPECT_EQ(
      take_named_cpus({2, 0}, 3, {0, 1, 2, 3}).error().message,
      "'2,0' names 2 CPU(s) for 3 workers; name one for each, the same more than once where they share it");
  EXPECT_EQ(take_named_cpus({}, 1, {0}).error().kind, ErrorKind::usage);
}

TEST(WorkerCpus, OfAnInterfaceWithoutInterrupts) {
  Interface nowhere;
  nowhere.name = "nosuch0";
  const auto allowed = allowed_cpus().value();
  const unsigned first = allowed.front();
  EXPECT_EQ(worker_cpus({{nowhere, {0}}}, std::nullopt).value(), Cpus{first});
  EXPECT_EQ(worker_cpus({{nowhere, {0}}, {nowhere, {0, 3}}}, Cpus{first, first, first}).value(),
            (Cpus{first, first, first}));
  EXPECT_FALSE(worker_cpus({{nowhere, {0}}, {nowhere, {0, 3}}}, Cpus{first, first}));
}

TEST(PinThread, KeepsAThreadOnItsCpu) {
  const auto allowed = allowed_cpus();
  ASSERT_TRUE(allowed);
  EXPECT_TRUE(std::ranges::is_sorted(*allowed));
  for (const unsigned cpu : *allowed) {
    std::thread pinned([cpu] {
      EXPECT_TRUE(pin_this_thread(cpu));
      EXPECT_EQ(static_cast<unsigned>(sched_getcpu()), cpu);
      EXPECT_EQ(allowed_cpus().value(), Cpus{cpu});
    });
    pinned.join();
  }
  EXPECT_EQ(allowed_cpus().value(), *allowed) << "the others stay where they were";
}

TEST(PinThread, RefusesACpuThatIsNotThere) {
  const auto refused = pin_this_thread(1 << 20);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("CPU 1048576: Invalid argument"), std::string::npos);
}

}  // namespace
}  // namespace quicrx
