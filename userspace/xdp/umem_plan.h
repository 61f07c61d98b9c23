// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx {

/// How a queue's UMEM is cut and how long its rings are.
///
/// The split between receive and transmit frames is fixed, so neither can starve the other. The fill ring has
/// room for every receive frame, and transmit and completion ring for every transmit frame, so that giving
/// frames to the kernel never has to wait.
struct UmemPlan {
  std::uint32_t frame_bytes = 2048;
  std::uint32_t receive_frames = 0;
  std::uint32_t transmit_frames = 0;
  std::uint32_t receive_ring = 0;
  std::uint32_t fill_ring = 0;
  std::uint32_t transmit_ring = 0;  ///< and completion ring

  [[nodiscard]] std::uint32_t frames() const { return receive_frames + transmit_frames; }
};

/// Bytes of a transmit frame before the payload: room for all headers, and the payload starts on a cache
/// line.
inline constexpr std::uint32_t kTransmitHeadroom = 128;

/// `frames`: the user's total; without it, enough for the NIC's ring and ours. Refuses an MTU that no frame
/// holds.
Result<UmemPlan> plan_umem(const Interface& interface, std::optional<std::uint32_t> frames);

}  // namespace quicrx
