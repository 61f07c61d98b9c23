// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>

#include "telemetry/format.h"
#include "telemetry/queue_table.h"
#include "telemetry/steer_counter_names.h"

namespace quicrx {
namespace {

constexpr std::size_t kPageWidth = 100;

std::string ports_text(const std::vector<PortRange>& ports) {
  std::string text;
  for (const auto& [first, last] : ports) {
    if (!text.empty()) text += ',';
    text += first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
  }
  return text;
}

void put_program(std::string& page, const InterfaceSnapshot& snapshot) {
  if (!snapshot.attachment) {
    page += "  XDP program: not loaded\n";
    return;
  }
  const Attachment& attachment = *snapshot.attachment;
  page += fmt::format(
      "  XDP program: id {}, {} mode, {}; ports {}, {}{}{}{}\n", attachment.program_id,
      attachment.mode_name(),
      attachment.priority ? fmt::format("in libxdp's dispatcher, priority {}", *attachment.priority)
                          : "alone (no dispatcher)",
      ports_text(snapshot.ports), snapshot.any_address ? "any address" : "listed addresses",
      snapshot.pass_invalid ? ", what is not QUIC passes" : "", snapshot.multi_buffer ? ", jumbo frames" : "",
      snapshot.receive_metadata ? ", receive metadata" : "");
  Table packets(1);
  packets.section(1, "packets");
  for (std::size_t i = 0; i < snapshot.counters.size(); ++i)
    packets.numbers(2, kSteerCounterNames[i], {snapshot.counters[i]});
  page += packets.render(kPageWidth);
}

std::string copy_text(const RecordHeader& header) {
  if (header.zero_copy != 0) return "zero copy";
  if (header.zero_copy_refused == 0) return "copy mode";
  return fmt::format("copy mode (zero copy refused: {})", std::strerror(header.zero_copy_refused));
}

/// What there is to say of a queue besides figures: usually the same of all.
std::string poller_text(const QueueSnapshot& queue) {
  const RecordHeader& header = *queue.header;
  if (!queue.alive) return fmt::format("poller {} is gone (killed?); its last figures follow", header.pid);
  if (header.io != RecordedIo::af_xdp)
    return fmt::format("UDP port {}, {}", header.udp_port,
                       header.io == RecordedIo::socket ? "the kernel's sockets" : "io_uring");
  return fmt::format("UDP port {}, {}, answers by {}, frames of {} bytes on {} pages{}", header.udp_port,
                     copy_text(header), header.sends_by_socket != 0 ? "sockets" : "AF_XDP",
                     header.plan.chunk_bytes, header.huge_pages != 0 ? "huge" : "normal",
                     header.busy_poll_microseconds != 0
                         ? fmt::format(", busy polling {} us", header.busy_poll_microseconds)
                         : "");
}

/// A line for neighbours of which the same is to be said.
void put_pollers(std::string& page, const std::vector<QueueSnapshot>& queues) {
  const auto differ = [](const QueueSnapshot& queue, const QueueSnapshot& next) {
    return next.header->queue != queue.header->queue + 1 || poller_text(queue) != poller_text(next);
  };
  for (auto first = queues.begin(); first != queues.end();) {
    auto last = std::adjacent_find(first, queues.end(), differ);
    if (last == queues.end()) --last;
    const std::string_view what = first->header->io == RecordedIo::af_xdp ? "queue" : "worker";
    const std::string numbers =
        last == first ? fmt::format("{} {}", what, first->header->queue)
                      : fmt::format("{}s {} to {}", what, first->header->queue, last->header->queue);
    page += fmt::format("  {}: {}\n", numbers, poller_text(*first));
    first = std::next(last);
  }
}

/// One for all, but where several processes serve an interface.
void put_aead(std::string& page, const std::vector<QueueSnapshot>& queues) {
  std::set<std::string_view> names;
  for (const QueueSnapshot& queue : queues)
    names.insert(kAeadNames[static_cast<std::size_t>(queue.header->aead)]);
  if (names.empty()) return;
  page += "  packets protected by ";
  for (const std::string_view name : names) page.append(name == *names.begin() ? "" : ", ").append(name);
  page += '\n';
}

}  // namespace

std::string format_text(const std::vector<InterfaceSnapshot>& interfaces) {
  std::string page;
  for (const InterfaceSnapshot& snapshot : interfaces) {
    if (is_socket_server(snapshot.interface.name)) {
      page += snapshot.interface.name + "\n";
    } else {
      page += fmt::format("{} ({})\n", snapshot.interface.name,
                          snapshot.interface.driver.empty() ? "no driver name" : snapshot.interface.driver);
      put_program(page, snapshot);
    }
    put_pollers(page, snapshot.queues);
    put_aead(page, snapshot.queues);
    if (!snapshot.queues.empty()) page += queue_table(snapshot.queues).render(kPageWidth);
  }
  return page;
}

}  // namespace quicrx
