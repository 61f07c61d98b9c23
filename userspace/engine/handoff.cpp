// SPDX-License-Identifier: MIT
#include "engine/handoff.h"

#include <algorithm>
#include <numeric>

namespace quicrx {
namespace {

/// What came by another interface's queue cannot be answered by ours: the kernel's sockets find the way.
void answer_by_socket(Path& path, unsigned interface) {
  if (path.port != PortId::af_xdp) return;
  path.port = path.local.is_ipv6() ? PortId::socket6 : PortId::socket4;
  path.link.interface = interface;
}

}  // namespace

void Handoff::forward(Datagram datagram, WorkerNumber to, Timestamp now) {
  const bool known = to < peers_.size() && peers_[to].to != nullptr;
  const bool put = known && peers_[to].to->put(std::move(datagram), now);
  counters_.add(put ? HandoffCounter::out : HandoffCounter::drop_full);
}

void Handoff::publish() {
  for (const Peer& peer : peers_)
    if (peer.to != nullptr && peer.to->publish() && peer.waker->wake())
      counters_.add(HandoffCounter::wakeups);
}

void Handoff::collect() {
  for (const Peer& peer : peers_)
    if (peer.to != nullptr) peer.to->collect();
}

std::size_t Handoff::take(std::span<Datagram> out, Timestamp now) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < peers_.size() && count < out.size(); ++i) {
    const Peer& peer = peers_[(first_ + i) % peers_.size()];
    if (peer.from == nullptr) continue;
    const std::size_t taken = peer.from->take(out.subspan(count), latency_, now);
    if (peer.other_interface != 0)
      for (Datagram& datagram : out.subspan(count, taken))
        answer_by_socket(datagram.path, peer.other_interface);
    count += taken;
  }
  if (!peers_.empty()) first_ = (first_ + 1) % peers_.size();  // each comes first in its turn
  counters_.add(HandoffCounter::in, count);
  return count;
}

bool Handoff::pending() {
  return std::ranges::any_of(peers_,
                             [](const Peer& peer) { return peer.from != nullptr && !peer.from->empty(); });
}

std::uint32_t Handoff::away() const {
  return std::accumulate(
      peers_.begin(), peers_.end(), std::uint32_t{0},
      [](std::uint32_t sum, const Peer& peer) { return sum + (peer.to != nullptr ? peer.to->away() : 0); });
}

}  // namespace quicrx
