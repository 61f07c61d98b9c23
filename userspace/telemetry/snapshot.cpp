// SPDX-License-Identifier: MIT
#include "telemetry/snapshot.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include "xdp/xsk_socket.h"

namespace quicrx {
namespace {

template <typename Entry>
std::uint32_t level(const RingMemory<Entry>& ring) {
  const std::uint32_t consumer = std::atomic_ref(*ring.consumer).load(std::memory_order_relaxed);
  return std::atomic_ref(*ring.producer).load(std::memory_order_relaxed) - consumer;
}

std::optional<SocketFacts> look_at_socket(const RecordHeader& header) {
  if (header.io != RecordedIo::af_xdp) return std::nullopt;
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, header.pid, 0)));
  if (!process) return std::nullopt;
  const Descriptor socket(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), header.xsk, 0)));
  if (!socket) return std::nullopt;
  SocketFacts facts;
  socklen_t bytes = sizeof(facts.statistics);
  if (getsockopt(socket.get(), SOL_XDP, XDP_STATISTICS, &facts.statistics, &bytes) != 0) return std::nullopt;
  const UmemPlan& plan = header.plan;
  const auto rings = map_rings(
      socket.get(), {plan.receive_ring, plan.transmit_ring, plan.fill_ring, plan.transmit_ring}, PROT_READ);
  if (rings)
    facts.levels = {level(rings->fill), level(rings->completion), level(rings->receive),
                    level(rings->transmit)};
  return facts;
}

QueueSnapshot look_at_queue(std::unique_ptr<Record> record) {
  QueueSnapshot queue;
  queue.alive = record->alive();
  for (std::size_t pool = 0; pool < kPools; ++pool)
    queue.frames[pool] = count_states(record->words(static_cast<PoolKind>(pool)));
  if (queue.alive) queue.socket = look_at_socket(record->header());
  const RecordHeader* header = &std::as_const(*record).header();
  queue.header = {std::shared_ptr<Record>(std::move(record)), header};
  return queue;
}

Result<void> look_at_maps(InterfaceSnapshot& snapshot) {
  const auto maps = SteerMaps::open(snapshot.interface);
  if (!maps) return maps.error().kind == ErrorKind::not_found ? Result<void>() : tl::unexpected(maps.error());
  auto counters = maps->counters();
  auto ports = maps->ports();
  auto config = maps->config();
  if (!counters) return tl::unexpected(counters.error());
  if (!ports) return tl::unexpected(ports.error());
  if (!config) return tl::unexpected(config.error());
  snapshot.counters = *counters;
  snapshot.ports = std::move(*ports);
  snapshot.pass_invalid = (config->flags & QUICRX_PASS_INVALID) != 0;
  snapshot.multi_buffer = (config->flags & QUICRX_MULTI_BUFFER) != 0;
  snapshot.receive_metadata = (config->flags & QUICRX_RX_METADATA) != 0;
  snapshot.any_address = (config->flags & QUICRX_ANY_ADDRESS) != 0;
  return {};
}

void look_at_queues(InterfaceSnapshot& snapshot) {
  const PollerName name = name_of(snapshot.interface);
  for (const std::uint32_t number : recorded_queues(name)) {
    auto record = Record::open(name, number);
    if (record) snapshot.queues.push_back(look_at_queue(std::move(*record)));
  }
}

}  // namespace

Result<InterfaceSnapshot> take_snapshot(const Interface& interface) {
  InterfaceSnapshot snapshot;
  snapshot.interface = interface;
  auto attachment = find_steering(interface);
  if (!attachment) return tl::unexpected(attachment.error());
  snapshot.attachment = *attachment;
  if (auto looked = look_at_maps(snapshot); !looked) return tl::unexpected(looked.error());
  look_at_queues(snapshot);
  return snapshot;
}

Result<InterfaceSnapshot> take_socket_snapshot(const PollerName& name) {
  InterfaceSnapshot snapshot;
  snapshot.interface.name = name.text;
  snapshot.interface.namespace_id = name.namespace_id;
  look_at_queues(snapshot);
  if (snapshot.queues.empty())
    return fail(ErrorKind::not_found, name.text + ": no such server of this user; 'quicrx stats' shows all");
  return snapshot;
}

bool is_in_use(const InterfaceSnapshot& snapshot) {
  return snapshot.attachment.has_value() || !snapshot.queues.empty();
}

}  // namespace quicrx
