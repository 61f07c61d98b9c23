// SPDX-License-Identifier: MIT
#include "port/port_group.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "port/poll_for.h"

namespace quicrx {
namespace {

// While datagrams keep coming, the sockets and the wake descriptor are looked at this rarely.
constexpr std::size_t kTurnsWithoutLook = 16;

TransmitBy settle(TransmitBy transmit, const QueuePort* xdp) {
  if (xdp == nullptr) return TransmitBy::socket;
  return transmit == TransmitBy::automatic && xdp->zero_copy() ? TransmitBy::af_xdp : transmit;
}

}  // namespace

PortGroup::PortGroup(Parts parts, TransmitBy transmit, SourceAddresses::List list)
    : parts_(std::move(parts)),
      leaves_{parts_.xdp.get(), parts_.ipv4.get(), parts_.ipv6.get()},
      transmit_(settle(transmit, parts_.xdp.get())) {
  if (parts_.xdp && sends_by_socket()) sources_ = std::make_unique<SourceAddresses>(std::move(list));
}

std::size_t PortGroup::receive(std::span<Datagram> out, Timestamp now) {
  if (sources_) sources_->refresh(now);
  // Every port is looked at each turn, and each comes first in its turn, so that none can starve the others.
  std::size_t count = 0;
  for (std::size_t i = 0; i < kLeaves; ++i) {
    const std::size_t id = (turn_ + i) % kLeaves;
    LeafPort* port = leaves_[id];
    if (port == nullptr) continue;
    // AF_XDP is asked without a system call; a socket only where it has something.
    if (count == out.size() || (port != parts_.xdp.get() && !readable_[id])) continue;
    const std::size_t got = port->receive(out.subspan(count), now);
    readable_[id] = got > 0;
    count += got;
  }
  ++turn_;
  return count;
}

/// Null where there is no such port, of which another worker may have handed over.
LeafPort* PortGroup::way_out(const Path& path) const {
  LeafPort* port = leaf(path.port);
  if (!sources_ || path.port != PortId::af_xdp) return port;
  // Whether the kernel's route has the same tag is not known.
  if (transmit_ == TransmitBy::automatic && path.link.vlan_count > 0) return port;
  SocketPort* socket = path.local.is_ipv6() ? parts_.ipv6.get() : parts_.ipv4.get();
  // What the kernel would not send for us leaves the way it came.
  return socket != nullptr && sources_->can_send(socket->bound(), path.local) ? socket : port;
}

FramePool* PortGroup::transmit_pool(const Path& path) {
  LeafPort* port = way_out(path);
  return port != nullptr ? port->transmit_pool(path) : nullptr;
}

std::optional<Frame> PortGroup::acquire(const Path& path) {
  LeafPort* port = way_out(path);
  return port != nullptr ? port->acquire(path) : std::nullopt;
}

void PortGroup::send(Frame frame, const Path& path, Ecn ecn) {
  if (LeafPort* port = way_out(path)) port->send(std::move(frame), path, ecn);
}

void PortGroup::flush() {
  for (LeafPort* port : leaves_)
    if (port != nullptr) port->flush();
}

std::size_t PortGroup::max_payload(const Path& path) const {
  constexpr std::size_t kAny = 1200;  // what every path of QUIC carries
  const LeafPort* port = way_out(path);
  return port != nullptr ? port->max_payload(path) : kAny;
}

Result<void> PortGroup::adopt() {
  for (LeafPort* port : leaves_)
    if (port != nullptr)
      if (auto adopted = port->adopt(); !adopted) return adopted;
  return {};
}

std::vector<ReceivePool> PortGroup::receive_pools() {
  std::vector<ReceivePool> pools;
  for (LeafPort* port : leaves_) {
    if (port == nullptr) continue;
    const auto of_port = port->receive_pools();
    pools.insert(pools.end(), of_port.begin(), of_port.end());
  }
  return pools;
}

Result<void> PortGroup::share() {
  for (SocketPort* port : {parts_.ipv4.get(), parts_.ipv6.get()})
    if (port != nullptr)
      if (auto shared = port->share(); !shared) return shared;
  return {};
}

bool PortGroup::has_unsent() const {
  return std::ranges::any_of(leaves_,
                             [](const LeafPort* port) { return port != nullptr && port->has_unsent(); });
}

std::size_t PortGroup::frames_in_transmit() const {
  return std::accumulate(leaves_.begin(), leaves_.end(), std::size_t{0},
                         [](std::size_t sum, const LeafPort* port) {
                           return sum + (port != nullptr ? port->frames_in_transmit() : 0);
                         });
}

std::uint64_t PortGroup::sent_datagrams() const {
  // The sockets of a worker count together.
  const LeafPort* sockets = parts_.ipv4 ? parts_.ipv4.get() : parts_.ipv6.get();
  std::uint64_t sent = 0;
  for (const LeafPort* port : {static_cast<const LeafPort*>(parts_.xdp.get()), sockets})
    if (port != nullptr) sent += port->counters().get(PortCounter::sent_datagrams);
  return sent;
}

/// One ppoll; what it found is in readable_ and wake_readable_. Whether there is anything.
bool PortGroup::look(std::chrono::nanoseconds timeout, int wake, bool with_xdp) {
  std::array<pollfd, kLeaves + 1> polled{};
  bool any = false;
  for (std::size_t i = 0; i < kLeaves; ++i) {
    polled[i] = {leaves_[i] != nullptr ? leaves_[i]->descriptor() : -1, POLLIN, 0};
    readable_[i] = leaves_[i] != nullptr && leaves_[i]->has_received();
    any = any || readable_[i];
  }
  if (!with_xdp) polled[static_cast<std::size_t>(PortId::af_xdp)].fd = -1;
  polled.back() = {wake, POLLIN, 0};
  if (any) timeout = std::chrono::nanoseconds(0);
  const int found = poll_for(polled, timeout);
  for (std::size_t i = 0; i < kLeaves; ++i)
    readable_[i] = readable_[i] || (found > 0 && polled[i].revents != 0);
  wake_readable_ = found > 0 && polled.back().revents != 0;
  turns_without_look_ = 0;
  return any || found > 0;
}

bool PortGroup::busy_poll(std::chrono::nanoseconds timeout, int wake) {
  const Timestamp start = Clock::now();
  std::chrono::nanoseconds spin = parts_.xdp->busy_poll();
  if (timeout.count() >= 0) spin = std::min(spin, timeout);
  do {
    if (parts_.xdp->poll_driver() || look(std::chrono::nanoseconds(0), wake, false)) return true;
  } while (Clock::now() - start < spin);
  return spin == timeout;
}

bool PortGroup::wait(std::chrono::nanoseconds timeout, int wake) {
  bool busy = timeout.count() == 0;
  if (!busy && parts_.xdp && parts_.xdp->busy_poll().count() > 0) {
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
