// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "telemetry/format.h"
#include "telemetry/steer_counter_names.h"

namespace quicrx {
namespace {

/// Lines of "name value", indented under a heading.
class Page {
 public:
  template <typename... Values>
  void line(int indent, fmt::format_string<Values...> format, Values&&... values) {
    text_.append(static_cast<std::size_t>(indent) * 2, ' ');
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_.push_back('\n');
  }

  void counter(int indent, std::string_view name, std::uint64_t value) {
    if (value != 0) line(indent, "{:<26}{:>16}", name, value);
  }

  template <typename Id, std::size_t kCount>
  void counters(int indent, const Counters<Id>& set, const std::string_view (&names)[kCount], Id first,
                Id last) {
    for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i)
      counter(indent, names[i], set.get(static_cast<Id>(i)));
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string ports_text(const std::vector<PortRange>& ports) {
  std::string text;
  for (const auto& [first, last] : ports) {
    if (!text.empty()) text += ',';
    text += first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
  }
  return text;
}

void put_program(Page& page, const InterfaceSnapshot& snapshot) {
  if (!snapshot.attachment) {
    page.line(1, "XDP program: not loaded");
    return;
  }
  const Attachment& attachment = *snapshot.attachment;
  page.line(
      1, "XDP program: id {}, {} mode, {}; ports {}, {}{}{}{}", attachment.program_id, attachment.mode_name(),
      attachment.priority ? fmt::format("in libxdp's dispatcher, priority {}", *attachment.priority)
                          : "alone (no dispatcher)",
      ports_text(snapshot.ports), snapshot.any_address ? "any address" : "listed addresses",
      snapshot.pass_invalid ? ", what is not QUIC passes" : "", snapshot.multi_buffer ? ", jumbo frames" : "",
      snapshot.receive_metadata ? ", receive metadata" : "");
  page.line(1, "packets");
  for (std::size_t i = 0; i < snapshot.counters.size(); ++i)
    page.counter(2, kSteerCounterNames[i], snapshot.counters[i]);
}

std::string copy_text(const RecordHeader& header) {
  if (header.zero_copy != 0) return "zero copy";
  if (header.zero_copy_refused == 0) return "copy mode";
  return fmt::format("copy mode (zero copy refused: {})", std::strerror(header.zero_copy_refused));
}

void put_poller(Page& page, const QueueSnapshot& queue) {
  const RecordHeader& header = *queue.header;
  if (!queue.alive) {
    page.line(1, "queue {}: poller {} is gone (killed?); its last figures follow", header.queue, header.pid);
    return;
  }
  page.line(
      1, "queue {}: poller {}, UDP port {}, {}, frames of {} bytes on {} pages{}", header.queue, header.pid,
      header.udp_port, copy_text(header), header.plan.chunk_bytes, header.huge_pages != 0 ? "huge" : "normal",
      header.busy_poll_microseconds != 0 ? fmt::format(", busy polling {} us", header.busy_poll_microseconds)
                                         : "");
}

void put_frames(Page& page, const QueueSnapshot& queue) {
  page.line(2, "{:<18}{:>8}{:>8}{:>8}{:>8}{:>10}", "frames", "size", "free", "fill", "held", "transmit");
  for (std::size_t pool = 0; pool < kPools; ++pool) {
    const FrameCounts& counts = queue.frames[pool];
    if (counts.total() == 0) continue;
    page.line(2, "{:<18}{:>8}{:>8}{:>8}{:>8}{:>10}", kPoolNames[pool], counts.total(), counts.free,
              counts.fill, counts.held, counts.transmit);
  }
  for (const PoolCounters& refusals : queue.header->pools)
    page.counters(2, refusals, kPoolCounterNames, PoolCounter::released_twice, PoolCounter::bad_descriptor);
}

void put_socket(Page& page, const QueueSnapshot& queue) {
  if (!queue.socket) return;
  const auto& [statistics, levels] = *queue.socket;
  if (levels)
    page.line(2, "rings: fill {}, receive {}, transmit {}, completion {}", levels->fill, levels->receive,
              levels->transmit, levels->completion);
  page.line(2, "AF_XDP socket");
  page.counter(3, "rx_dropped", statistics.rx_dropped);
  page.counter(3, "rx_invalid_descs", statistics.rx_invalid_descs);
  page.counter(3, "tx_invalid_descs", statistics.tx_invalid_descs);
  page.counter(3, "rx_ring_full", statistics.rx_ring_full);
  page.counter(3, "rx_fill_ring_empty_descs", statistics.rx_fill_ring_empty_descs);
  page.counter(3, "tx_ring_empty_descs", statistics.tx_ring_empty_descs);
}

void put_queue(Page& page, const QueueSnapshot& queue) {
  using E = EndpointCounter;
  const RecordHeader& header = *queue.header;
  put_poller(page, queue);
  put_frames(page, queue);
  put_socket(page, queue);
  page.line(2, "datagrams by AF_XDP");
  page.counters(3, header.xdp, kPortCounterNames, PortCounter::received_datagrams, PortCounter::wakeups);
  page.line(2, "datagrams by the kernel's sockets");
  page.counters(3, header.socket, kPortCounterNames, PortCounter::received_datagrams, PortCounter::wakeups);
  page.line(2, "connections");
  page.counters(3, header.endpoint, kEndpointCounterNames, E::connections_handshake, E::paths_validated);
  page.line(2, "streams");
  page.counters(3, header.endpoint, kEndpointCounterNames, E::streams_opened, E::datagrams_sent);
  page.line(2, "tokens, and answers outside connections");
  page.counters(3, header.endpoint, kEndpointCounterNames, E::retry_tokens_accepted,
                E::invalid_token_closes_sent);
  page.line(2, "datagrams dropped by QUIC");
  page.counters(3, header.endpoint, kEndpointCounterNames, E::drop_malformed, E::drop_close_unsent);
}

}  // namespace

std::string format_text(const std::vector<InterfaceSnapshot>& interfaces) {
  Page page;
  for (const InterfaceSnapshot& snapshot : interfaces) {
    page.line(0, "{} ({})", snapshot.interface.name,
              snapshot.interface.driver.empty() ? "no driver name" : snapshot.interface.driver);
    put_program(page, snapshot);
    for (const QueueSnapshot& queue : snapshot.queues) put_queue(page, queue);
  }
  return page.take();
}

}  // namespace quicrx
