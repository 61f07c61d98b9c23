// SPDX-License-Identifier: MIT
#include "xdp/device_clock.h"

#include <fcntl.h>
#include <linux/ptp_clock.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include "xdp/interface_query.h"

namespace quicrx {
namespace {

// Another clock's stamp can be anything: no sum of it may overflow.
constexpr std::chrono::nanoseconds kFarthest = std::chrono::hours(1);

std::chrono::nanoseconds to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds to_duration(const ptp_clock_time& time) {
  return std::chrono::seconds(time.sec) + std::chrono::nanoseconds(time.nsec);
}

/// CLOCK_REALTIME, which the kernel pairs the device's clock with, less CLOCK_MONOTONIC, which is ours.
std::chrono::nanoseconds realtime_offset() {
  timespec before{}, real{}, after{};
  clock_gettime(CLOCK_MONOTONIC, &before);
  clock_gettime(CLOCK_REALTIME, &real);
  clock_gettime(CLOCK_MONOTONIC, &after);
  return to_duration(real) - (to_duration(before) + to_duration(after)) / 2;
}

int clock_number(const Interface& interface) {
  ethtool_ts_info info{};
  return InterfaceQuery(interface.name).ethtool(ETHTOOL_GET_TS_INFO, info) ? info.phc_index : -1;
}

}  // namespace

Result<DeviceClock> DeviceClock::open(const Interface& interface) {
  const int number = clock_number(interface);
  if (number < 0)
    return fail(ErrorKind::unsupported,
                interface.name + ": " + interface.driver_text() + " has no PTP clock");
  const std::string path = "/dev/ptp" + std::to_string(number);
  Descriptor clock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!clock) return fail(ErrorKind::permission, "cannot open " + path + ": " + std::strerror(errno));
  return DeviceClock(std::move(clock));
}

void DeviceClock::refresh(Timestamp now) {
  if (!clock_ || now - sample_.ours < kSampleLife) return;
  ptp_sys_offset_extended request{};
  request.n_samples = 3;
  if (ioctl(clock_.get(), PTP_SYS_OFFSET_EXTENDED, &request) != 0) return;
  // Each sample: our clock, the device's, our clock again. The quickest is the most exact.
  const auto* best = std::min_element(request.ts, request.ts + request.n_samples, [](auto& one, auto& other) {
    return to_duration(one[2]) - to_duration(one[0]) < to_duration(other[2]) - to_duration(other[0]);
  });
  const auto middle = (to_duration((*best)[0]) + to_duration((*best)[2])) / 2;
  sample_ = {static_cast<std::uint64_t>(to_duration((*best)[1]).count()),
             Timestamp(middle - realtime_offset())};
}

std::optional<Timestamp> DeviceClock::arrival(std::uint64_t device_ns, Timestamp now) const {
  if (device_ns == 0 || sample_.ours == Timestamp()) return std::nullopt;
  const auto since = std::chrono::nanoseconds(static_cast<std::int64_t>(device_ns - sample_.device_ns));
  if (since > kFarthest || since < -kFarthest) return std::nullopt;
  const Timestamp arrived = sample_.ours + since;
  if (arrived > now + kNewestArrival || arrived < now - kOldestArrival) return std::nullopt;
  return std::min(arrived, now);
}

}  // namespace quicrx
