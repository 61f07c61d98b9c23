// SPDX-License-Identifier: MIT
#include "port/port_group.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace quicrx {
namespace {

// While datagrams keep coming by AF_XDP, the sockets and the wake descriptor are looked at this rarely.
constexpr std::size_t kTurnsWithoutLook = 16;

}  // namespace

PortGroup::PortGroup(std::unique_ptr<XdpPort> xdp, std::unique_ptr<UdpPort> ipv4,
                     std::unique_ptr<UdpPort> ipv6, PortCounters& counters)
    : xdp_(std::move(xdp)),
      ipv4_(std::move(ipv4)),
      ipv6_(std::move(ipv6)),
      leaves_{xdp_.get(), ipv4_.get(), ipv6_.get()},
      counters_(counters) {}

std::size_t PortGroup::receive(std::span<Datagram> out, Timestamp now) {
  // Every port is looked at each turn, and each comes first in its turn, so that none can starve the others.
  std::size_t count = 0;
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    const std::size_t id = (turn_ + i) % leaves_.size();
    // AF_XDP is asked without a system call; a socket only where it has something.
    if (count == out.size() || (leaves_[id] != xdp_.get() && !readable_[id])) continue;
    const std::size_t got = leaves_[id]->receive(out.subspan(count), now);
    readable_[id] = got > 0;
    count += got;
  }
  ++turn_;
  return count;
}

std::optional<Frame> PortGroup::acquire(const Path& path) {
  LeafPort* port = leaf(path.port);
  return port != nullptr ? port->acquire(path) : std::nullopt;
}

void PortGroup::send(Frame frame, const Path& path, Ecn ecn) {
  LeafPort* port = leaf(path.port);
  if (port != nullptr && frame.pool() == &port->transmit_pool()) {
    port->send(std::move(frame), path, ecn);
    return;
  }
  auto other = acquire(path);
  if (!other || other->room().size() < frame.payload().size()) {
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  std::ranges::copy(frame.payload(), other->room().begin());
  other->resize(frame.payload().size());
  counters_.add(PortCounter::moved_frames);
  port->send(std::move(*other), path, ecn);
}

void PortGroup::flush() {
  for (LeafPort* port : leaves_)
    if (port != nullptr) port->flush();
}

std::size_t PortGroup::max_payload(const Path& path) const {
  constexpr std::size_t kAny = 1200;  // what every path of QUIC carries
  LeafPort* port = leaf(path.port);
  return port != nullptr ? port->max_payload(path) : kAny;
}

void PortGroup::adopt() {
  xdp_->adopt();
  ipv4_->adopt();
  if (ipv6_) ipv6_->adopt();
}

std::vector<SlabPool*> PortGroup::receive_pools() {
  const auto by_xdp = xdp_->receive_pools();
  std::vector<SlabPool*> pools(by_xdp.begin(), by_xdp.end());
  pools.push_back(&ipv4_->receive_pool());
  if (ipv6_) pools.push_back(&ipv6_->receive_pool());
  return pools;
}

Result<void> PortGroup::share() {
  return ipv4_->share().and_then([&] { return ipv6_ ? ipv6_->share() : Result<void>(); });
}

bool PortGroup::has_unsent() const {
  return std::ranges::any_of(leaves_,
                             [](const LeafPort* port) { return port != nullptr && port->has_unsent(); });
}

/// One ppoll; what it found is in readable_ and wake_readable_. Whether it found anything.
bool PortGroup::look(std::chrono::nanoseconds timeout, int wake, bool with_xdp) {
  std::array<pollfd, 4> polled{};
  for (std::size_t i = 0; i < leaves_.size(); ++i)
    polled[i] = {leaves_[i] ? leaves_[i]->descriptor() : -1, POLLIN, 0};
  if (!with_xdp) polled[static_cast<std::size_t>(PortId::af_xdp)].fd = -1;
  polled.back() = {wake, POLLIN, 0};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec limit{seconds.count(), (timeout - seconds).count()};
  const int found = ppoll(polled.data(), polled.size(), timeout.count() < 0 ? nullptr : &limit, nullptr);
  for (std::size_t i = 0; i < leaves_.size(); ++i) readable_[i] = found > 0 && polled[i].revents != 0;
  wake_readable_ = found > 0 && polled.back().revents != 0;
  turns_without_look_ = 0;
  return found > 0;
}

bool PortGroup::busy_poll(std::chrono::nanoseconds timeout, int wake) {
  const Timestamp start = Clock::now();
  std::chrono::nanoseconds spin = xdp_->busy_poll();
  if (timeout.count() >= 0) spin = std::min(spin, timeout);
  do {
    if (xdp_->poll_driver() || look(std::chrono::nanoseconds(0), wake, false)) return true;
  } while (Clock::now() - start < spin);
  return spin == timeout;
}

bool PortGroup::wait(std::chrono::nanoseconds timeout, int wake) {
  bool busy = timeout.count() == 0;
  if (!busy && xdp_->busy_poll().count() > 0) {
    const Timestamp start = Clock::now();
    busy = busy_poll(timeout, wake);
    const auto spent = std::chrono::nanoseconds(Clock::now() - start);
    if (timeout.count() > 0) timeout = std::max(std::chrono::nanoseconds(0), timeout - spent);
  }
  if (busy && ++turns_without_look_ < kTurnsWithoutLook) return std::exchange(wake_readable_, false);
  look(busy ? std::chrono::nanoseconds(0) : timeout, wake, true);
  return std::exchange(wake_readable_, false);
}

}  // namespace quicrx
