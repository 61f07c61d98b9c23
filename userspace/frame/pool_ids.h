// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "quicrx/tag.h"

namespace quicrx {

/// The pools of a worker.
enum class PoolKind : std::uint8_t {
  receive,
  transmit,
  gather,
  socket4_receive,
  socket4_transmit,
  socket6_receive,
  socket6_transmit,
  hold,     ///< for what sessions keep of what they received
  slices4,  ///< of the frames that the sockets receive into: see SlicePool
  slices6,
};
inline constexpr std::size_t kPoolIdsOfAWorker = 16;  // a power of two, with room for more

static_assert(std::size_t{kMostPorts} * kPoolIdsOfAWorker < kFirstUserPool);

/// Unlike that of any other pool of the process, so that a tag that came from another worker is foreign here.
constexpr PoolId pool_id(std::uint16_t worker, PoolKind kind) {
  return static_cast<PoolId>(worker * kPoolIdsOfAWorker + static_cast<std::size_t>(kind));
}

}  // namespace quicrx
