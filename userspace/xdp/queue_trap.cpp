// SPDX-License-Identifier: MIT
#include "xdp/queue_trap.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <string>

#include "xdp/net_sysfs.h"

namespace quicrx {

Result<void> refuse_spare_pairs(const Interface& interface) {
  if (interface.driver != "virtio_net") return {};
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0 || interface.receive_queues + static_cast<unsigned>(cpus) > interface.possible_queues)
    return {};
  return fail(
      ErrorKind::unsupported,
      interface.name + ": uses " + std::to_string(interface.receive_queues) + " of " +
          std::to_string(interface.possible_queues) +
          " queue pairs; virtio_net would take more for XDP, on which packets arrive but answers never "
          "leave; '" +
          interface.queues_command(interface.possible_queues) + "' first");
}

Result<void> refuse_mute_queue(const Interface& interface, std::uint32_t queue) {
  const auto queues = NetSysfs().names("class/net/" + interface.name + "/queues");
  const auto senders =
      std::ranges::count_if(queues, [](const auto& name) { return name.starts_with("tx-"); });
  if (senders == 0 || queue < senders) return {};
  const bool spare_pair = interface.driver == "virtio_net";
  return fail(ErrorKind::unsupported,
              interface.name + " has " + std::to_string(senders) +
                  " transmit queue(s): nothing could be sent from queue " + std::to_string(queue) +
                  (spare_pair ? "; unload every XDP program, then '" : "; '") +
                  interface.queues_command(spare_pair ? interface.possible_queues : queue + 1) +
                  "' gives it one");
}

}  // namespace quicrx
