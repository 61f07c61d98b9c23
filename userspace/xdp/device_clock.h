// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "frame/descriptor.h"
#include "quicrx/datagram.h"
#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx {

/// One moment on both clocks.
struct ClockSample {
  std::uint64_t device_ns = 0;
  Timestamp ours;
};

/// Tells a NIC's receive timestamps in our clock. They are nanoseconds of the NIC's own clock, which the
/// kernel shows as a PTP clock (kernel: Documentation/driver-api/ptp.rst) and which may run apart from ours.
class DeviceClock {
 public:
  /// A clock drifts by 100 us a second at the most (100 ppm), so a sample is good for this long.
  static constexpr std::chrono::seconds kSampleLife{1};
  /// A stamp older than this, or newer than now by more than a turn may take, is of another clock than the
  /// one sampled.
  static constexpr std::chrono::milliseconds kOldestArrival{500};
  static constexpr std::chrono::milliseconds kNewestArrival{10};

  /// The error says that this interface has no such clock, or that it may not be opened.
  static Result<DeviceClock> open(const Interface& interface);

  /// A clock that was sampled once, for tests.
  explicit DeviceClock(ClockSample sample) : sample_(sample) {}

  /// Samples anew where the last sample is old: a system call a second. Once a batch. Without a fresh sample
  /// no stamp is believed.
  void refresh(Timestamp now);

  /// When a packet arrived, at `now` at the latest; nothing when the stamp cannot be.
  [[nodiscard]] std::optional<Timestamp> arrival(std::uint64_t device_ns, Timestamp now) const;

 private:
  explicit DeviceClock(Descriptor clock) : clock_(std::move(clock)) {}
  bool sample();

  Descriptor clock_;
  Timestamp sampled_at_;
  ClockSample sample_;
};

/// Whether the NIC is set to stamp every packet that it receives (SIOCGHWTSTAMP; kernel:
/// Documentation/networking/timestamping.rst). Nothing when the driver does not tell.
std::optional<bool> stamps_every_packet(const Interface& interface);

}  // namespace quicrx
