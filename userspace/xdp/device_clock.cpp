// SPDX-License-Identifier: MIT
#include "xdp/device_clock.h"

#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>

#include <algorithm>
#include <array>
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

constexpr std::size_t kSamples = 3;

struct Triple {
  std::chrono::nanoseconds before, device, after;
};

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
  DeviceClock opened(std::move(clock));
  if (!opened.sample())
    return fail(ErrorKind::unsupported, "cannot read " + path + ": " + std::strerror(errno));
  opened.sampled_at_ = Clock::now();
  return opened;
}

void DeviceClock::refresh(Timestamp now) {
  if (!clock_ || now - sampled_at_ < kSampleLife) return;
  sampled_at_ = now;
  if (!sample()) sample_ = {};
}

/// The kernel reads its clock, the device's, its own again; some drivers can do that only the older way,
/// where the kernel's clock is read outside the driver.
bool DeviceClock::sample() {
  ptp_sys_offset_extended exact{};
  exact.n_samples = kSamples;
  std::array<Triple, kSamples> triples{};
  if (ioctl(clock_.get(), PTP_SYS_OFFSET_EXTENDED, &exact) == 0) {
    for (std::size_t i = 0; i < kSamples; ++i)
      triples[i] = {to_duration(exact.ts[i][0]), to_duration(exact.ts[i][1]), to_duration(exact.ts[i][2])};
  } else {
    ptp_sys_offset plain{};
    plain.n_samples = kSamples;
    if (ioctl(clock_.get(), PTP_SYS_OFFSET, &plain) != 0) return false;
    for (std::size_t i = 0; i < kSamples; ++i)
      triples[i] = {to_duration(plain.ts[2 * i]), to_duration(plain.ts[2 * i + 1]),
                    to_duration(plain.ts[2 * i + 2])};
  }
  // The quickest is the most exact.
  const auto best =
      std::ranges::min_element(triples, {}, [](const Triple& one) { return one.after - one.before; });
  sample_ = {static_cast<std::uint64_t>(best->device.count()),
             Timestamp((best->before + best->after) / 2 - realtime_offset())};
  return true;
}

std::optional<Timestamp> DeviceClock::arrival(std::uint64_t device_ns, Timestamp now) const {
  if (device_ns == 0 || sample_.ours == Timestamp()) return std::nullopt;
  const auto since = std::chrono::nanoseconds(static_cast<std::int64_t>(device_ns - sample_.device_ns));
  if (since > kFarthest || since < -kFarthest) return std::nullopt;
  const Timestamp arrived = sample_.ours + since;
  if (arrived > now + kNewestArrival || arrived < now - kOldestArrival) return std::nullopt;
  return std::min(arrived, now);
}

std::optional<bool> stamps_every_packet(const Interface& interface) {
  hwtstamp_config config{};
  InterfaceQuery query(interface.name);
  if (!query.ask(SIOCGHWTSTAMP, &config)) return std::nullopt;
  return config.rx_filter == HWTSTAMP_FILTER_ALL;
}

}  // namespace quicrx
