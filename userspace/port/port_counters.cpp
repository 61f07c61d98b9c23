// SPDX-License-Identifier: MIT
#include "port/port_counters.h"

namespace quicrx {

PortStatistics statistics_of(const PortCounters& port, std::span<const PoolCounters* const> pools) {
  using C = PortCounter;
  PortStatistics statistics{.received_datagrams = port.get(C::received_datagrams),
                            .received_bytes = port.get(C::received_bytes),
                            .sent_datagrams = port.get(C::sent_datagrams),
                            .sent_bytes = port.get(C::sent_bytes),
                            .dropped_received = port.get(C::drop_bad_frame) + port.get(C::drop_socket_full) +
                                                port.get(C::drop_bad_address) + port.get(C::drop_truncated) +
                                                port.get(C::drop_not_gathered),
                            .dropped_sent = port.get(C::drop_send_failed)};
  for (const PoolCounters* pool : pools)
    statistics.refused_releases += pool->get(PoolCounter::released_twice) +
                                   pool->get(PoolCounter::released_stale) +
                                   pool->get(PoolCounter::released_foreign);
  return statistics;
}

}  // namespace quicrx
