// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "net/port_ranges.h"
#include "quicrx/result.h"
#include "steer_abi.h"
#include "xdp/steering.h"

namespace quicrx {

/// The XDP program for as long as a poller needs it.
///
/// What `quicrx load` loaded is used and stays. What a poller loaded goes with the last poller of the
/// interface, so this dies after the poller's record. What a killed poller left is for clear_abandoned(),
/// before the record is made.
class OwnedProgram {
 public:
  /// Each of `ports` must be steered by what is loaded.
  /// `flags` (of quicrx_flag) are what a program that is loaded for it is told, and what one that is there
  /// must have been told.
  static Result<OwnedProgram> ensure(const Interface& interface, const std::vector<PortRange>& ports,
                                     std::uint32_t flags = 0);

  OwnedProgram(OwnedProgram&& other) noexcept;
  OwnedProgram& operator=(OwnedProgram&&) = delete;
  ~OwnedProgram();

  [[nodiscard]] const Attachment& attachment() const { return attachment_; }

 private:
  OwnedProgram(Interface interface, const Attachment& attachment)
      : interface_(std::move(interface)), attachment_(attachment) {}

  Interface interface_;
  Attachment attachment_;
  bool active_ = true;
};

/// What the loaded program was configured with.
Result<quicrx_config> loaded_config(const Interface& interface);

/// The loaded program steers these ports and no others.
Result<bool> steers_only(const Interface& interface, const std::vector<PortRange>& ports);

/// What the next poller needs of the program.
struct Wanted {
  std::vector<PortRange> ports;
  bool multi_buffer = false;
  std::uint32_t flags = 0;
};

/// Unloads what was loaded by a poller, if none is alive. What suits the next poller is left for it: taking a
/// program off and putting it on again can cost a second without a carrier.
Result<void> clear_abandoned(const Interface& interface, const std::optional<Wanted>& wanted = {});

}  // namespace quicrx
