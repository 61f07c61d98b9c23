// SPDX-License-Identifier: MIT
/// How a queue's UMEM is divided, by interface, driver and what the user asks for.
#include "xdp/umem_plan.h"

#include <gtest/gtest.h>

#include <bit>
#include <optional>

namespace quicrx::test {
namespace {

TEST(UmemPlan, KeepsRoomForEveryFrameOnItsRing) {
  for (const std::uint32_t nic : {0u, 256u, 511u, 4096u, 8192u}) {
    for (const std::optional<std::uint32_t> frames :
         {std::optional<std::uint32_t>(), std::optional(128u), std::optional(129u), std::optional(5000u)}) {
      Interface interface;
      interface.mtu = 1500;
      interface.receive_ring_frames = nic;
      const auto plan = plan_umem(interface, {}, frames);
      ASSERT_TRUE(plan);
      if (frames) {
        EXPECT_EQ(plan->frames(), *frames);
      }
      EXPECT_GE(plan->fill_ring, plan->receive_frames);
      EXPECT_GE(plan->fill_ring, plan->receive_ring + nic) << "as deep as the receive ring plus the NIC's";
      EXPECT_GE(plan->transmit_ring, plan->transmit_frames);
      for (const std::uint32_t ring : {plan->receive_ring, plan->fill_ring, plan->transmit_ring})
        EXPECT_TRUE(std::has_single_bit(ring));
      if (!frames) {
        EXPECT_GE(plan->receive_frames, plan->receive_ring + nic);
      }
    }
  }
}

TEST(UmemPlan, ChoosesFramesThatHoldTheMtuAndSuitTheDriver) {
  Interface interface;
  interface.mtu = 1500;
  EXPECT_EQ(plan_umem(interface, {}, {})->chunk_bytes, 2048u);
  for (const char* driver : {"igb", "igc", "ixgbe"}) {
    interface.driver = driver;
    EXPECT_EQ(plan_umem(interface, {}, {})->chunk_bytes, 4096u) << "it cuts or drops frames in 2 KiB chunks";
    interface.mtu = 3072 - 26;
    EXPECT_TRUE(plan_umem(interface, {}, {})) << "it fills 3 KiB of a 4 KiB chunk";
    interface.mtu += 1;
    EXPECT_FALSE(plan_umem(interface, {}, {}));
    interface.mtu = 1500;
  }
  interface.driver = "veth";
  interface.mtu = 2048 - 256 - 26;
  EXPECT_EQ(plan_umem(interface, {}, {})->chunk_bytes, 2048u);
  interface.mtu += 1;
  EXPECT_EQ(plan_umem(interface, {}, {})->chunk_bytes, 4096u);
  interface.mtu = 4096 - 256 - 26;
  EXPECT_FALSE(plan_umem(interface, {}, {})->multi_buffer());
  interface.mtu += 1;
  EXPECT_FALSE(plan_umem(interface, {}, {})) << "an old kernel";
  DeviceFeatures features;
  EXPECT_FALSE(plan_umem(interface, features, {})) << "a driver without";
  features.multi_buffer = true;
  EXPECT_TRUE(plan_umem(interface, features, {})->multi_buffer());
  for (const char* driver : {"mlx5_core", "idpf"}) {
    interface.driver = driver;
    EXPECT_FALSE(plan_umem(interface, features, {})) << "XDP does not see its headers";
    EXPECT_EQ(largest_single_buffer_mtu(driver), 3430u)
        << "within the 3,498 that lie in one page with what it keeps";
  }
}

TEST(UmemPlan, GivesAJumboDatagramItsChunks) {
  Interface interface;
  interface.mtu = 9000;
  DeviceFeatures features;
  features.multi_buffer = true;
  const auto plan = plan_umem(interface, features, {});
  ASSERT_TRUE(plan);
  EXPECT_GE(plan->transmit_frame_bytes(), kTransmitHeadroom + 9000);
  EXPECT_GE(plan->transmit_ring, plan->transmit_frames * plan->transmit_chunks)
      << "every chunk has its place";
  EXPECT_GE(plan->gather_frame_bytes, 9000u + 26);
  EXPECT_EQ(plan->umem_bytes() % plan->chunk_bytes, 0u);
  const auto chosen = plan_umem(interface, features, 1000);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->frames(), 1000u);
  EXPECT_GE(chosen->transmit_ring, chosen->transmit_frames * chosen->transmit_chunks);
}

}  // namespace
}  // namespace quicrx::test
