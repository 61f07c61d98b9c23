// SPDX-License-Identifier: MIT
#include "port/socket_frames.h"

#include <algorithm>

#include "frame/lazy_memory.h"
#include "frame/pool_ids.h"
#include "net/headers.h"

namespace quicrx {
namespace {

struct Kinds {
  PoolKind receive, slices, transmit;
};
constexpr Kinds kIpv4{PoolKind::socket4_receive, PoolKind::slices4, PoolKind::socket4_transmit};
constexpr Kinds kIpv6{PoolKind::socket6_receive, PoolKind::slices6, PoolKind::socket6_transmit};

const Kinds& kinds_of(PortId id) {
  return id == PortId::socket6 ? kIpv6 : kIpv4;
}

std::size_t transmit_bytes(unsigned mtu) {
  constexpr std::size_t kLeast = 2048, kLine = 64;
  return std::max(kLeast, (mtu + kLine - 1) / kLine * kLine);
}

constexpr std::size_t kAllReceiveBytes = SocketPort::kReceiveFrames * SocketFrames::kReceiveBytes;

}  // namespace

Result<Mapping> SocketFrames::map(const SocketPort::Config& config) {
  return map_lazily(kAllReceiveBytes + SocketPort::kTransmitFrames * transmit_bytes(config.mtu));
}

SocketFrames::SocketFrames(const SocketPort::Config& config, const SocketPort::Storage& storage,
                           Mapping memory)
    : memory_(std::move(memory)),
      receive({pool_id(config.worker, kinds_of(config.id).receive), kReceiveBytes, 0}, memory_.bytes(),
              storage.receive_words, *storage.receive_counters),
      slices(pool_id(config.worker, kinds_of(config.id).slices), receive, *storage.receive_counters),
      transmit({pool_id(config.worker, kinds_of(config.id).transmit), transmit_bytes(config.mtu), 0},
               memory_.bytes().subspan(kAllReceiveBytes), storage.transmit_words,
               *storage.transmit_counters) {}

/// A slice may keep a whole frame, so each pool may have half of the frames out.
std::vector<ReceivePool> SocketFrames::receive_pools() {
  const auto half = static_cast<std::uint32_t>(receive.size() / 2);
  return {{&receive, half}, {&slices, half}};
}

std::size_t max_socket_payload(unsigned mtu, const SocketAddress& remote) {
  constexpr unsigned kLargestPacket = 65535;
  return std::min(mtu, kLargestPacket) - ip_udp_bytes(remote);
}

}  // namespace quicrx
