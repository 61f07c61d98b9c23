// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "quicrx/result.h"
#include "xdp/device_features.h"
#include "xdp/interface.h"

namespace quicrx {

/// How a queue's UMEM is cut and how long its rings are.
///
/// The UMEM is cut into chunks. A receive frame is one; a transmit frame is as many side by side as a
/// datagram of the MTU needs. Where a packet may be larger than a chunk (jumbo frames) it comes in several,
/// and is gathered by copy into a frame of a pool beside the UMEM.
///
/// The split between receive and transmit frames is fixed, so neither can starve the other. The fill ring has
/// room for every receive frame, and transmit and completion ring for every chunk of every transmit frame, so
/// that giving frames to the kernel never has to wait.
struct UmemPlan {
  std::uint32_t chunk_bytes = 2048;
  std::uint32_t receive_frames = 0;
  std::uint32_t transmit_frames = 0;
  std::uint32_t receive_ring = 0;
  std::uint32_t fill_ring = 0;
  std::uint32_t transmit_ring = 0;  ///< and completion ring

  std::uint32_t transmit_chunks =
      1;  ///< of a transmit frame; more than one where packets span chunks (XDP_USE_SG)
  std::uint32_t gather_frames = 0;
  std::uint32_t gather_frame_bytes = 0;

  [[nodiscard]] bool multi_buffer() const { return gather_frames != 0; }
  [[nodiscard]] std::uint32_t frames() const { return receive_frames + transmit_frames; }
  [[nodiscard]] std::uint32_t transmit_frame_bytes() const { return transmit_chunks * chunk_bytes; }
  /// Where the transmit frames begin.
  [[nodiscard]] std::uint64_t transmit_start() const { return std::uint64_t{receive_frames} * chunk_bytes; }
  [[nodiscard]] std::uint64_t umem_bytes() const {
    return transmit_start() + std::uint64_t{transmit_frames} * transmit_frame_bytes();
  }
};

/// Bytes of a transmit frame before the payload: room for all headers, and the payload starts on a cache
/// line.
inline constexpr std::uint32_t kTransmitHeadroom = 128;

/// The largest MTU whose packets fit one chunk.
std::uint32_t largest_single_buffer_mtu(std::string_view driver);

/// `frames`: the user's total; without it, enough for the NIC's ring and ours. `features`: what the driver
/// says, where the kernel tells. Refuses an MTU that needs several chunks a packet where the driver has no
/// such thing.
Result<UmemPlan> plan_umem(const Interface& interface, const std::optional<DeviceFeatures>& features,
                           std::optional<std::uint32_t> frames);

}  // namespace quicrx
