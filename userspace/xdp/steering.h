// SPDX-License-Identifier: MIT
/// The XDP program's life on an interface: attach, recognise, detach.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/port_ranges.h"
#include "net/prefix.h"
#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx {

enum class AttachMode { automatic, native, generic };

struct SteeringConfig {
  std::vector<PortRange> ports;
  std::vector<IpPrefix> addresses;  ///< empty: every address
  AttachMode mode = AttachMode::automatic;
  std::uint32_t flags = 0;  ///< enum quicrx_flag, of those that a user chooses

  // Among the programs of libxdp's dispatcher; without them libxdp's own: priority 50, go on after XDP_PASS.
  std::optional<unsigned> priority;                 ///< lower runs earlier
  std::optional<std::vector<xdp_action>> chain_on;  ///< actions after which the next program runs

  /// Have the NIC's timestamp and hash put before each packet. The program is then bound to the device, which
  /// the dispatcher cannot be: it is attached alone, in native mode.
  bool receive_metadata = false;
};

/// Our program as it is attached.
struct Attachment {
  std::uint32_t program_id = 0;
  bool native = false;               ///< in the driver; otherwise generic, on the kernel's own packets
  bool dispatcher = false;           ///< beside other programs, through libxdp's dispatcher; otherwise alone
  std::optional<unsigned> priority;  ///< in the dispatcher
  bool has_maps = false;             ///< its maps are those pinned; false for a leftover whose pins are gone

  std::string native_refused;  ///< why it is generic, told by the load that fell back to it

  [[nodiscard]] std::string_view mode_name() const { return native ? "native" : "generic"; }
};

/// Any XDP program on an interface.
struct AttachedProgram {
  std::string name;
  bool ours = false;
  bool dispatcher = false;  ///< others can be attached beside it
  bool native = false;
};

Result<std::vector<AttachedProgram>> list_programs(const Interface& interface);

/// What of ours is attached to the interface; nothing when nothing is. An error when it cannot be told.
Result<std::optional<Attachment>> find_steering(const Interface& interface);

/// Attaches the program and pins its maps. A leftover of ours whose pins are gone, and pins whose program is
/// gone, are replaced; a program of ours that is in order is left, and an error. Foreign programs stay.
/// On error nothing of the attempt is left.
Result<Attachment> load_steering(const Interface& interface, const SteeringConfig& config);

/// Detaches our program, and only that, and removes its pins.
Result<void> unload_steering(const Interface& interface);

}  // namespace quicrx
