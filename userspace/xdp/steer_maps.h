// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "frame/descriptor.h"
#include "net/port_ranges.h"
#include "net/prefix.h"
#include "quicrx/result.h"
#include "steer_abi.h"
#include "xdp/interface.h"

struct bpf_object;

namespace quicrx {

/// Sums over all CPUs, by enum quicrx_counter.
using SteerCounters = std::array<std::uint64_t, QUICRX_COUNTERS>;

/// The maps of a loaded XDP program, through their pins in bpffs: one folder an interface, so that load, run
/// and stats can be different processes.
class SteerMaps {
 public:
  /// /sys/fs/bpf/quicrx/NAMESPACE/INTERFACE
  static std::string pin_folder(const Interface& interface);

  /// Pins the maps of a freshly loaded object; stale pins must be gone.
  static Result<void> pin(const Interface& interface, const bpf_object& object);
  static void unpin(const Interface& interface);

  /// Opens the pinned maps. Refuses those of another version of quicrx, whose layout differs.
  static Result<SteerMaps> open(const Interface& interface);

  /// The kernel's number of the pinned counters map, by which the program that uses these maps is recognised;
  /// 0 when none is pinned.
  static std::uint32_t pinned_counters_id(const Interface& interface);

  /// Writes what is ours. The ports last: until then nothing is.
  [[nodiscard]] Result<void> configure(const Interface& interface, const std::vector<PortRange>& ports,
                                       const std::vector<IpPrefix>& addresses, std::uint32_t flags) const;
  [[nodiscard]] Result<quicrx_config> config() const;
  /// The interface's MAC address may have changed since it was written.
  [[nodiscard]] Result<void> refresh_station(const Interface& interface) const;
  [[nodiscard]] Result<std::vector<PortRange>> ports() const;
  [[nodiscard]] Result<SteerCounters> counters() const;

  /// From now on the queue's packets go to this AF_XDP socket. The kernel removes it when the socket dies.
  [[nodiscard]] Result<void> set_socket(std::uint32_t queue, int socket) const;

 private:
  [[nodiscard]] Result<void> write_config(const quicrx_config& config) const;

  Descriptor config_, ports_, prefix4_, prefix6_, xsks_, counters_;
};

}  // namespace quicrx
