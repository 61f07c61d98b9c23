// SPDX-License-Identifier: MIT
#include "port/port_group.h"

#include <poll.h>

#include <algorithm>
#include <ctime>

namespace quicrx {
namespace {

/// ppoll over the descriptors that are there; true when one is readable.
bool readable(std::span<const int> descriptors, std::chrono::nanoseconds timeout) {
  std::array<pollfd, 4> polled{};
  for (std::size_t i = 0; i < descriptors.size(); ++i) polled[i] = {descriptors[i], POLLIN, 0};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec limit{seconds.count(), (timeout - seconds).count()};
  return ppoll(polled.data(), descriptors.size(), timeout.count() < 0 ? nullptr : &limit, nullptr) > 0;
}

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
    LeafPort* port = leaves_[(turn_ + i) % leaves_.size()];
    if (port != nullptr) count += port->receive(out.subspan(count), now);
  }
  ++turn_;
  return count;
}

std::optional<Frame> PortGroup::acquire(const Path& path) {
  return leaf(path.port).acquire(path);
}

void PortGroup::send(Frame frame, const Path& path, Ecn ecn) {
  LeafPort& port = leaf(path.port);
  if (frame.pool() == &port.transmit_pool()) {
    port.send(std::move(frame), path, ecn);
    return;
  }
  auto other = port.acquire(path);
  if (!other || other->room().size() < frame.payload().size()) {
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  std::ranges::copy(frame.payload(), other->room().begin());
  other->resize(frame.payload().size());
  counters_.add(PortCounter::moved_frames);
  port.send(std::move(*other), path, ecn);
}

void PortGroup::flush() {
  for (LeafPort* port : leaves_)
    if (port != nullptr) port->flush();
}

std::size_t PortGroup::max_payload(const Path& path) const {
  return leaf(path.port).max_payload(path);
}

bool PortGroup::has_unsent() const {
  return std::ranges::any_of(leaves_,
                             [](const LeafPort* port) { return port != nullptr && port->has_unsent(); });
}

bool PortGroup::busy_poll(std::chrono::nanoseconds timeout, int wake) {
  const std::array others{wake, ipv4_->descriptor(), ipv6_ ? ipv6_->descriptor() : -1};
  const Timestamp start = Clock::now();
  std::chrono::nanoseconds spin = xdp_->busy_poll();
  if (timeout.count() >= 0) spin = std::min(spin, timeout);
  do {
    if (xdp_->poll_driver() || readable(others, std::chrono::nanoseconds(0))) return true;
  } while (Clock::now() - start < spin);
  return spin == timeout;
}

void PortGroup::wait(std::chrono::nanoseconds timeout, int wake) {
  if (xdp_->busy_poll().count() > 0 && busy_poll(timeout, wake)) return;
  const std::array all{xdp_->descriptor(), wake, ipv4_->descriptor(), ipv6_ ? ipv6_->descriptor() : -1};
  readable(all, timeout);
}

}  // namespace quicrx
