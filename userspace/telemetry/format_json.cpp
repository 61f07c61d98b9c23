// SPDX-License-Identifier: MIT
#include <cstring>
#include <nlohmann/json.hpp>

#include "telemetry/format.h"
#include "telemetry/steer_counter_names.h"

namespace quicrx {
namespace {

using Json = nlohmann::ordered_json;

/// Counters [first, last] of a set, by name.
template <typename Id, std::size_t kCount>
Json counters(const Counters<Id>& set, const std::string_view (&names)[kCount], Id first, Id last) {
  Json json = Json::object();
  for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i)
    json[std::string(names[i])] = set.get(static_cast<Id>(i));
  return json;
}

template <typename Id, std::size_t kCount>
Json all_counters(const Counters<Id>& set, const std::string_view (&names)[kCount]) {
  return counters(set, names, static_cast<Id>(0), static_cast<Id>(kCount - 1));
}

Json endpoint_json(const EndpointCounters& set) {
  using C = EndpointCounter;
  const auto part = [&](C first, C last) { return counters(set, kEndpointCounterNames, first, last); };
  return {{"connections", part(C::connections_handshake, C::paths_validated)},
          {"streams", part(C::streams_opened, C::datagrams_sent)},
          {"budgets", part(C::held_in_frames, C::send_budget_reached)},
          {"answers", part(C::retry_tokens_accepted, C::invalid_token_closes_sent)},
          {"drops", part(C::drop_malformed, C::drop_close_unsent)}};
}

Json pool_json(const FrameCounts& counts, const PoolCounters& refusals) {
  Json json{{"size", counts.total()},
            {"free", counts.free},
            {"fill", counts.fill},
            {"held", counts.held},
            {"transmit", counts.transmit}};
  json.update(all_counters(refusals, kPoolCounterNames));
  return json;
}

Json rings_json(const RingLevels& levels) {
  return {{"fill", levels.fill},
          {"completion", levels.completion},
          {"receive", levels.receive},
          {"transmit", levels.transmit}};
}

Json socket_json(const SocketFacts& facts) {
  const xdp_statistics& s = facts.statistics;
  return {{"statistics",
           {{"rx_dropped", s.rx_dropped},
            {"rx_invalid_descs", s.rx_invalid_descs},
            {"tx_invalid_descs", s.tx_invalid_descs},
            {"rx_ring_full", s.rx_ring_full},
            {"rx_fill_ring_empty_descs", s.rx_fill_ring_empty_descs},
            {"tx_ring_empty_descs", s.tx_ring_empty_descs}}},
          {"rings", facts.levels ? rings_json(*facts.levels) : Json(nullptr)}};
}

Json worker_json(const RecordHeader& header) {
  return {{"number", header.worker},
          {"thread", header.thread},
          {"cpu", header.cpu >= 0 ? Json(header.cpu) : Json(nullptr)}};
}

Json handoff_json(const RecordHeader& header) {
  Json latency = Json::array();
  for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
    const bool last = bucket == LatencyHistogram::kBuckets - 1;
    latency.push_back({{"below_us", last ? Json(nullptr) : Json(LatencyHistogram::limit(bucket).count())},
                       {"count", header.handoff_latency.count(bucket)}});
  }
  Json json = all_counters(header.handoff, kHandoffCounterNames);
  json["latency"] = std::move(latency);
  return json;
}

std::string_view transmit_name(const RecordHeader& header) {
  return kIoNames[static_cast<std::size_t>(
      header.sends_by_socket != 0 && header.io == RecordedIo::af_xdp ? RecordedIo::socket : header.io)];
}

Json queue_json(const QueueSnapshot& queue) {
  const RecordHeader& header = *queue.header;
  Json frames = Json::object();
  for (std::size_t pool = 0; pool < kPools; ++pool)
    frames[std::string(kPoolNames[pool])] = pool_json(queue.frames[pool], header.pools[pool]);
  Json json{{"queue", header.queue},
            {"io", kIoNames[static_cast<std::size_t>(header.io)]},
            {"transmit", transmit_name(header)},
            {"aead", kAeadNames[static_cast<std::size_t>(header.aead)]},
            {"worker", worker_json(header)},
            {"poller",
             {{"alive", queue.alive},
              {"pid", header.pid},
              {"start_unix_seconds", header.start_seconds},
              {"udp_port", header.udp_port},
              {"zero_copy", header.zero_copy != 0},
              {"huge_pages", header.huge_pages != 0},
              {"zero_copy_refused",
               header.zero_copy_refused != 0 ? Json(std::strerror(header.zero_copy_refused)) : Json(nullptr)},
              {"frame_bytes", header.plan.chunk_bytes},
              {"multi_buffer", header.plan.multi_buffer()},
              {"busy_poll_microseconds", header.busy_poll_microseconds}}},
            {"frames", std::move(frames)},
            {"af_xdp", all_counters(header.xdp, kPortCounterNames)},
            {"socket", all_counters(header.socket, kPortCounterNames)},
            {"quic", endpoint_json(header.endpoint)},
            {"handoff", handoff_json(header)}};
  json["xsk"] = queue.socket ? socket_json(*queue.socket) : Json(nullptr);
  return json;
}

Json program_json(const InterfaceSnapshot& snapshot) {
  if (!snapshot.attachment) return nullptr;
  Json ports = Json::array();
  for (const auto& [first, last] : snapshot.ports) ports.push_back({{"first", first}, {"last", last}});
  return {{"id", snapshot.attachment->program_id},
          {"mode", snapshot.attachment->mode_name()},
          {"dispatcher", snapshot.attachment->dispatcher},
          {"ports", std::move(ports)},
          {"any_address", snapshot.any_address},
          {"pass_invalid", snapshot.pass_invalid},
          {"priority", snapshot.attachment->priority ? Json(*snapshot.attachment->priority) : Json(nullptr)},
          {"multi_buffer", snapshot.multi_buffer},
          {"rx_metadata", snapshot.receive_metadata}};
}

}  // namespace

std::string format_json(const std::vector<InterfaceSnapshot>& interfaces) {
  Json list = Json::array();
  for (const InterfaceSnapshot& snapshot : interfaces) {
    Json steer = Json::object();
    for (std::size_t i = 0; i < snapshot.counters.size(); ++i)
      steer[std::string(kSteerCounterNames[i])] = snapshot.counters[i];
    Json queues = Json::array();
    for (const QueueSnapshot& queue : snapshot.queues) queues.push_back(queue_json(queue));
    list.push_back({{"name", snapshot.interface.name},
                    {"driver", snapshot.interface.driver},
                    {"program", program_json(snapshot)},
                    {"xdp", std::move(steer)},
                    {"queues", std::move(queues)}});
  }
  return Json{{"quicrx", QUICRX_VERSION}, {"interfaces", std::move(list)}}.dump(2) + "\n";
}

}  // namespace quicrx
