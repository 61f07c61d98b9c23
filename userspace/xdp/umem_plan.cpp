// SPDX-License-Identifier: MIT
#include "xdp/umem_plan.h"

#include <algorithm>
#include <array>
#include <bit>

namespace quicrx {
namespace {

constexpr std::uint32_t kMinFrames = 128;
constexpr std::uint32_t kMaxFrames = 1u << 22;
constexpr std::uint32_t kReceiveRing = 2048;
constexpr std::uint32_t kSilentNicRing = 512;  // for a driver that does not say; veth has 256
constexpr std::uint32_t kSmallChunk = 2048, kLargeChunk = 4096;
constexpr std::uint32_t kGatherFrames = 256;

constexpr std::uint32_t kKernelHeadroom = 256;  // XDP_PACKET_HEADROOM, before every received packet
constexpr std::uint32_t kSharedInfo = 320;      // behind it, where a driver keeps its skb_shared_info
constexpr std::uint32_t kUnit = 128;            // what remains is rounded to (net/xdp/xsk_buff_pool.c)
constexpr std::uint32_t kLinkBytes =
    14 + 2 * 4 + 4;  // Ethernet, two VLAN tags, checksum: as the kernel counts

/// Their receive buffers are sized in KiB (SRRCTL.BSIZEPKT), so a 2 KiB chunk with its headroom is a 1 KiB
/// buffer: igb and igc cut longer packets in silence, ixgbe drops them (drivers/net/ethernet/intel:
/// igb_main.c igb_setup_srrctl, igc_base.h, ixgbe_main.c ixgbe_configure_srrctl).
bool counts_in_kib(std::string_view driver) {
  return driver == "igb" || driver == "igc" || driver == "ixgbe";
}

/// Others that refuse 2 KiB chunks, are slow with them, or write beyond them: docs/operations.md, table of
/// drivers.
bool wants_large_chunks(std::string_view driver) {
  constexpr std::array<std::string_view, 6> kDrivers{"mlx5_core", "nfp",           "icssg-prueth",
                                                     "fec",       "fsl_dpaa2_eth", "gve"};
  return counts_in_kib(driver) || std::ranges::find(kDrivers, driver) != kDrivers.end();
}

/// They leave a large packet's first buffer empty, or end it with the UDP header, so that XDP does not see
/// what it is of (drivers/net/ethernet: mellanox/mlx5/core/en_rx.c mlx5e_skb_from_cqe_mpwrq_nonlinear;
/// intel/idpf, header split).
bool hides_headers(std::string_view driver) {
  return driver == "mlx5_core" || driver == "idpf";
}

/// The longest packet that a driver puts into a chunk.
std::uint32_t chunk_room(std::string_view driver, std::uint32_t chunk_bytes) {
  const std::uint32_t room = chunk_bytes - kKernelHeadroom - (hides_headers(driver) ? kSharedInfo : 0);
  return room & ~((counts_in_kib(driver) ? 1024 : kUnit) - 1);
}

Result<void> check_multi_buffer(const Interface& interface, const std::optional<DeviceFeatures>& features) {
  if (features && features->multi_buffer && !hides_headers(interface.driver)) return {};
  const std::string why =
      !features ? "this kernel has no AF_XDP for packets of several buffers (Linux 6.6 has)"
      : hides_headers(interface.driver)
          ? interface.driver_text() + " does not show XDP the headers of packets of several buffers"
          : interface.driver_text() + " has no XDP for packets of several buffers";
  return fail(ErrorKind::unsupported,
              interface.name + ": MTU " + std::to_string(interface.mtu) + " does not fit a frame, and " +
                  why + "; 'ip link set " + interface.name + " mtu " +
                  std::to_string(largest_single_buffer_mtu(interface.driver)) + "' is the most");
}

constexpr std::uint32_t round_up_division(std::uint32_t value, std::uint32_t by) {
  return (value + by - 1) / by;
}

/// Chunks of which a packet needs one, or several.
Result<void> choose_chunks(const Interface& interface, const std::optional<DeviceFeatures>& features,
                           UmemPlan& plan) {
  const std::uint32_t largest = kLinkBytes + interface.mtu;
  plan.chunk_bytes = wants_large_chunks(interface.driver) ? kLargeChunk : kSmallChunk;
  if (largest > chunk_room(interface.driver, plan.chunk_bytes)) plan.chunk_bytes = kLargeChunk;
  if (largest <= chunk_room(interface.driver, plan.chunk_bytes)) return {};
  if (auto checked = check_multi_buffer(interface, features); !checked) return checked;
  plan.transmit_chunks = round_up_division(kTransmitHeadroom + interface.mtu, plan.chunk_bytes);
  plan.gather_frames = kGatherFrames;
  plan.gather_frame_bytes = round_up_division(largest, kUnit) * kUnit;
  return {};
}

}  // namespace

std::uint32_t largest_single_buffer_mtu(std::string_view driver) {
  return chunk_room(driver, kLargeChunk) - kLinkBytes;
}

Result<UmemPlan> plan_umem(const Interface& interface, const std::optional<DeviceFeatures>& features,
                           std::optional<std::uint32_t> frames) {
  if (frames && (*frames < kMinFrames || *frames > kMaxFrames))
    return fail(ErrorKind::usage,
                "--frames must be from " + std::to_string(kMinFrames) + " to " + std::to_string(kMaxFrames));
  UmemPlan plan;
  if (auto chosen = choose_chunks(interface, features, plan); !chosen) return tl::unexpected(chosen.error());
  const std::uint32_t nic_ring =
      interface.receive_ring_frames != 0 ? interface.receive_ring_frames : kSilentNicRing;
  plan.receive_frames = frames ? *frames / 2 : std::bit_ceil(kReceiveRing + nic_ring);
  plan.transmit_frames = frames ? *frames - *frames / 2 : plan.receive_frames / plan.transmit_chunks;
  plan.receive_ring = std::max(std::min(kReceiveRing, std::bit_floor(plan.receive_frames)),
                               std::bit_floor(plan.receive_frames / 2));
  plan.fill_ring = std::bit_ceil(std::max(plan.receive_frames, plan.receive_ring + nic_ring));
  plan.transmit_ring = std::bit_ceil(plan.transmit_frames * plan.transmit_chunks);
  return plan;
}

}  // namespace quicrx
