// SPDX-License-Identifier: MIT
/// Constants of newer kernels that Debian 12's headers (6.1) lack, each with its place in the kernel.
#pragma once

#include <linux/if_xdp.h>
#include <sys/socket.h>

#include <cstdint>

namespace quicrx {

/// include/uapi/linux/if_xdp.h, since 6.18: the most frames that one send call takes in copy mode (32
/// before).
inline constexpr int kXdpMaxTxSkbBudget = 9;

/// include/uapi/linux/if_xdp.h, since 6.6: packets in several frames; the descriptor's option that says "goes
/// on in the next descriptor".
inline constexpr std::uint16_t kXdpUseSg = 1u << 4;
inline constexpr std::uint32_t kXdpPacketContinues = 1u << 0;

/// include/uapi/asm-generic/socket.h, since 5.11.
inline constexpr int kSoPreferBusyPoll = 69;
inline constexpr int kSoBusyPollBudget = 70;

}  // namespace quicrx
