// SPDX-License-Identifier: MIT
#include "engine/worker.h"

#include <algorithm>

namespace quicrx {
namespace {

// Nothing wakes us when transmit frames come back or the kernel's send buffer drains: look again this soon
// while somebody waits for that, and otherwise soon enough to have every frame home at rest. Ever more rarely
// where nothing comes of it (a link that is down keeps what it was given).
constexpr std::chrono::nanoseconds kRetry = std::chrono::microseconds(100);
constexpr std::chrono::nanoseconds kCollect = std::chrono::milliseconds(2);
constexpr std::chrono::nanoseconds kLongestRetry = std::chrono::milliseconds(100);
// How long what was sent last may take to leave when the worker stops.
constexpr std::chrono::milliseconds kLastSends{200};
constexpr std::chrono::nanoseconds kForever{-1};

/// IPv6 may be switched off on the machine; then there is nothing to reserve.
Result<std::unique_ptr<UdpPort>> open_ipv6(const UdpPort::Config& config, const UdpPort::Storage& storage) {
  auto port = UdpPort::open(config, storage);
  if (!port && port.error().kind == ErrorKind::unsupported) return std::unique_ptr<UdpPort>();
  return port;
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::open(const Config& config, const Storage& storage,
                                             std::shared_ptr<const TlsContext> tls) {
  const unsigned mtu = config.xdp.interface.mtu;
  auto ipv4 = UdpPort::open({PortId::socket4, config.udp_port, mtu}, storage.socket4);
  if (!ipv4) return tl::unexpected(ipv4.error());
  auto ipv6 = open_ipv6({PortId::socket6, config.udp_port, mtu}, storage.socket6);
  if (!ipv6) return tl::unexpected(ipv6.error());
  auto xdp = XdpPort::open(config.xdp, storage.xdp);
  if (!xdp) return tl::unexpected(xdp.error());
  auto ports = std::make_unique<PortGroup>(std::move(*xdp), std::move(*ipv4), std::move(*ipv6),
                                           *storage.socket4.counters);
  return std::make_unique<Worker>(std::move(ports), config, storage, std::move(tls));
}

Worker::Worker(std::unique_ptr<PortGroup> ports, const Config& config, const Storage& storage,
               std::shared_ptr<const TlsContext> tls)
    : ports_(std::move(ports)),
      endpoint_(*ports_, std::move(tls), config.services, config.quic, *storage.endpoint),
      drain_(config.drain),
      batch_(kBatch) {}

void Worker::turn() {
  const Timestamp now = Clock::now();
  const std::size_t count = ports_->receive(batch_, now);
  full_batch_ = count == batch_.size();
  if (count > 0) fruitless_looks_ = 0;
  endpoint_.receive(std::span(batch_).first(count), now);
  endpoint_.expire(now);
  endpoint_.write(now);
  ports_->flush();
}

/// When to look again at what nothing wakes us for; nothing when there is no such thing.
std::optional<std::chrono::nanoseconds> Worker::time_to_look_again() {
  const bool somebody_waits = endpoint_.starved() || ports_->has_unsent();
  if (!somebody_waits && ports_->xdp().frames_in_transmit() == 0) {
    fruitless_looks_ = 0;
    return std::nullopt;
  }
  // Only looks of which nothing came make the next one later.
  const std::uint32_t out = ports_->xdp().frames_in_transmit();
  if (out != frames_seen_out_ || somebody_waits != somebody_waited_) fruitless_looks_ = 0;
  frames_seen_out_ = out;
  somebody_waited_ = somebody_waits;
  constexpr unsigned kMostDoublings = 10;
  const auto first = somebody_waits ? kRetry : kCollect;
  return std::min(first * (1 << std::min(fruitless_looks_++, kMostDoublings)), kLongestRetry);
}

std::chrono::nanoseconds Worker::time_to_sleep(Timestamp now) {
  if (full_batch_) return std::chrono::nanoseconds(0);
  std::chrono::nanoseconds sleep = kForever;
  if (const auto deadline = endpoint_.deadline())
    sleep = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(*deadline - now));
  if (const auto look = time_to_look_again()) sleep = sleep == kForever ? *look : std::min(sleep, *look);
  return sleep;
}

void Worker::run(int stop, const std::function<void()>& again) {
  do {
    turn();
  } while (!ports_->wait(time_to_sleep(Clock::now()), stop));
  again();
  drain(stop);
  stop_serving();
}

/// New connections are refused from here on, and those that are there take nothing new.
void Worker::drain(int stop) {
  const Timestamp limit = Clock::now() + drain_;
  endpoint_.drain();
  for (Timestamp now = Clock::now(); !endpoint_.drained() && now < limit; now = Clock::now()) {
    turn();
    const std::chrono::nanoseconds left = limit - now, sleep = time_to_sleep(now);
    if (ports_->wait(sleep.count() < 0 ? left : std::min(sleep, left), stop)) return;
  }
}

void Worker::stop_serving() {
  endpoint_.write(Clock::now());
  endpoint_.shut_down(Clock::now());
  ports_->flush();
  // The closes are with the kernel when none is left and every transmit frame is back.
  const Timestamp limit = Clock::now() + kLastSends;
  while ((endpoint_.send_closes() > 0 || ports_->xdp().frames_in_transmit() > 0) && Clock::now() < limit) {
    ports_->flush();
    ports_->wait(kRetry, -1);
  }
  endpoint_.give_up_closes();
  ports_->flush();
}

}  // namespace quicrx
