// SPDX-License-Identifier: MIT
/// Queues that receive and cannot send.
#pragma once

#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx {

/// With an XDP program virtio_net takes as many more queue pairs as there are CPUs, where the device has
/// them. Packets arrive on those too, a socket binds to them, and what it sends never leaves nor completes,
/// in zero-copy and copy mode alike (kernel: drivers/net/virtio_net.c, virtnet_xdp_set,
/// is_xdp_raw_buffer_queue). Refuses when that is about to happen; the error names the ethtool command that
/// keeps the pairs in use instead.
Result<void> refuse_spare_pairs(const Interface& interface);

/// Refuses a queue that cannot send, as it is now that a program is attached.
Result<void> refuse_mute_queue(const Interface& interface, std::uint32_t queue);

}  // namespace quicrx
