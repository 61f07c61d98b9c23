// SPDX-License-Identifier: MIT
#include "telemetry/worker_record.h"

namespace quicrx {
namespace {

SocketPort::Storage socket_storage(Record& record, PoolKind receive, PoolKind transmit) {
  RecordHeader& header = record.header();
  return {record.words(receive), record.words(transmit), &header.pools[static_cast<std::size_t>(receive)],
          &header.pools[static_cast<std::size_t>(transmit)], &header.socket};
}

}  // namespace

Worker::Storage worker_storage(Record& record) {
  RecordHeader& header = record.header();
  const auto pool = [&](PoolKind name) {
    return PoolStorage{record.words(name), &header.pools[static_cast<std::size_t>(name)]};
  };
  return {.xdp = {pool(PoolKind::receive), pool(PoolKind::transmit), pool(PoolKind::gather), &header.xdp},
          .socket4 = socket_storage(record, PoolKind::socket4_receive, PoolKind::socket4_transmit),
          .socket6 = socket_storage(record, PoolKind::socket6_receive, PoolKind::socket6_transmit),
          .hold = pool(PoolKind::hold),
          .endpoint = &header.endpoint,
          .handoff = &header.handoff,
          .handoff_latency = &header.handoff_latency};
}

void describe_port(RecordHeader& header, const XdpPort& port) {
  header.xsk = port.descriptor();
  header.zero_copy = port.zero_copy() ? 1 : 0;
  header.zero_copy_refused = port.zero_copy_refused();
  header.huge_pages = port.huge_pages() ? 1 : 0;
  header.busy_poll_microseconds = static_cast<std::uint64_t>(port.busy_poll().count());
}

void describe_worker(RecordHeader& header, Engine& engine, std::size_t number, std::uint16_t udp_port) {
  header.worker = static_cast<std::uint32_t>(number);
  header.cpu = engine.cpu(number) ? static_cast<std::int32_t>(*engine.cpu(number)) : -1;
  header.udp_port = udp_port;
  const bool by_library = engine.worker(number).endpoint().tls()->cipher_library() != nullptr;
  header.aead = by_library ? RecordedAead::ipsec_mb : RecordedAead::gnutls;
  header.sends_by_socket = engine.worker(number).ports().sends_by_socket() ? 1 : 0;
}

}  // namespace quicrx
