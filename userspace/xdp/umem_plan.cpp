// SPDX-License-Identifier: MIT
#include "xdp/umem_plan.h"

#include <algorithm>
#include <bit>

namespace quicrx {
namespace {

constexpr std::uint32_t kMinFrames = 128;
constexpr std::uint32_t kMaxFrames = 1u << 22;
constexpr std::uint32_t kReceiveRing = 2048;
constexpr std::uint32_t kSilentNicRing = 512;      // for a driver that does not say; veth has 256
constexpr std::uint32_t kKernelHeadroom = 256;     // XDP_PACKET_HEADROOM, before every received frame
constexpr std::uint32_t kLinkHeader = 14 + 2 * 4;  // Ethernet with two VLAN tags

/// igb counts its buffers in KiB and cuts frames in silence at 1,024 bytes of a 2 KiB chunk
/// (drivers/net/ethernet/intel/igb/igb_main.c, igb_setup_srrctl).
bool needs_page_frames(const Interface& interface) {
  return interface.driver == "igb";
}

}  // namespace

Result<UmemPlan> plan_umem(const Interface& interface, std::optional<std::uint32_t> frames) {
  if (frames && (*frames < kMinFrames || *frames > kMaxFrames))
    return fail(ErrorKind::usage,
                "--frames must be from " + std::to_string(kMinFrames) + " to " + std::to_string(kMaxFrames));
  UmemPlan plan;
  const std::uint32_t largest = kKernelHeadroom + kLinkHeader + interface.mtu;
  if (largest > plan.frame_bytes || needs_page_frames(interface)) plan.frame_bytes = 4096;
  if (largest > plan.frame_bytes)
    return fail(ErrorKind::unsupported,
                interface.name + ": MTU " + std::to_string(interface.mtu) +
                    " does not fit a frame; 'ip link set " + interface.name + " mtu " +
                    std::to_string(plan.frame_bytes - kKernelHeadroom - kLinkHeader) + "' is the most");
  const std::uint32_t nic_ring =
      interface.receive_ring_frames != 0 ? interface.receive_ring_frames : kSilentNicRing;
  plan.receive_frames = frames ? *frames / 2 : std::bit_ceil(kReceiveRing + nic_ring);
  plan.transmit_frames = frames ? *frames - *frames / 2 : plan.receive_frames;
  plan.receive_ring = std::max(std::min(kReceiveRing, std::bit_floor(plan.receive_frames)),
                               std::bit_floor(plan.receive_frames / 2));
  plan.fill_ring = std::bit_ceil(std::max(plan.receive_frames, plan.receive_ring + nic_ring));
  plan.transmit_ring = std::bit_ceil(plan.transmit_frames);
  return plan;
}

}  // namespace quicrx
