// SPDX-License-Identifier: MIT
#include "telemetry/queue_table.h"

#include <string>
#include <string_view>
#include <utility>

#include "telemetry/latency_counts.h"

namespace quicrx {
namespace {

/// A table that is filled by asking every queue the same.
class Columns {
 public:
  explicit Columns(const std::vector<QueueSnapshot>& queues)
      : queues_(queues), table_(queues.size(), queues.size() > 1) {}

  void section(std::string_view title) { table_.section(1, title); }

  /// `of_queue`: a queue's cell.
  template <typename OfQueue>
  void texts(int indent, std::string_view label, OfQueue of_queue, std::string of_all = {}) {
    std::vector<std::string> cells;
    for (const QueueSnapshot& queue : queues_) cells.push_back(of_queue(queue));
    if (queues_.size() > 1) cells.push_back(std::move(of_all));
    table_.texts(indent, label, std::move(cells));
  }

  /// `of_queue`: a queue's number, or nothing.
  template <typename OfQueue>
  void numbers(int indent, std::string_view label, OfQueue of_queue,
               Table::Zeros zeros = Table::Zeros::leave_out) {
    std::vector<Table::Number> cells;
    for (const QueueSnapshot& queue : queues_) cells.push_back(of_queue(queue));
    table_.numbers(indent, label, cells, zeros);
  }

  /// Counters [first, last] of a set that every queue has.
  template <typename OfQueue, std::size_t kCount, typename Id>
  void counters(int indent, OfQueue set_of, const std::string_view (&names)[kCount], Id first, Id last) {
    for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i)
      numbers(indent, names[i],
              [&](const QueueSnapshot& queue) { return set_of(queue).get(static_cast<Id>(i)); });
  }

  [[nodiscard]] const std::vector<QueueSnapshot>& queues() const { return queues_; }
  [[nodiscard]] Table take() { return std::move(table_); }

 private:
  const std::vector<QueueSnapshot>& queues_;
  Table table_;
};

void put_heading(Columns& columns) {
  const auto put = [&](std::string_view label, auto of_header, std::string of_all = {}) {
    columns.texts(
        1, label, [&](const QueueSnapshot& queue) { return of_header(*queue.header); }, std::move(of_all));
  };
  using Header = const RecordHeader&;
  put(
      "queue", [](Header header) { return std::to_string(header.queue); }, "sum");
  put("worker", [](Header header) { return std::to_string(header.worker); });
  put("CPU", [](Header header) { return header.cpu >= 0 ? std::to_string(header.cpu) : "-"; });
  put("process", [](Header header) { return std::to_string(header.pid); });
  put("thread", [](Header header) { return std::to_string(header.thread); });
  columns.texts(1, "poller",
                [](const QueueSnapshot& queue) { return std::string(queue.alive ? "alive" : "gone"); });
  put("mode", [](Header header) {
    if (header.io != RecordedIo::af_xdp) return std::string(kIoNames[static_cast<std::size_t>(header.io)]);
    return std::string(header.zero_copy != 0 ? "zero copy" : "copy");
  });
}

/// A pool's size, and below it what its frames are at.
void put_frames(Columns& columns) {
  columns.section("frames");
  for (std::size_t pool = 0; pool < kPools; ++pool) {
    const auto put = [&](int indent, std::string_view label, auto count_of) {
      columns.numbers(indent, label,
                      [&](const QueueSnapshot& queue) { return count_of(queue.frames[pool]); });
    };
    put(2, kPoolNames[pool], [](const FrameCounts& counts) { return counts.total(); });
    put(3, "free", [](const FrameCounts& counts) { return counts.free; });
    put(3, "fill", [](const FrameCounts& counts) { return counts.fill; });
    put(3, "held", [](const FrameCounts& counts) { return counts.held; });
    put(3, "transmit", [](const FrameCounts& counts) { return counts.transmit; });
    columns.counters(
        3, [&](const QueueSnapshot& queue) -> auto& { return queue.header->pools[pool]; }, kPoolCounterNames,
        PoolCounter::released_twice, PoolCounter::bad_descriptor);
  }
}

void put_rings(Columns& columns) {
  const auto put = [&](std::string_view label, std::uint32_t RingLevels::*level) {
    columns.numbers(
        2, label,
        [&](const QueueSnapshot& queue) -> Table::Number {
          if (!queue.socket || !queue.socket->levels) return std::nullopt;
          return *queue.socket->levels.*level;
        },
        Table::Zeros::keep);  // an empty fill ring is worth knowing
  };
  columns.section("rings");
  put("fill", &RingLevels::fill);
  put("receive", &RingLevels::receive);
  put("transmit", &RingLevels::transmit);
  put("completion", &RingLevels::completion);
}

void put_socket(Columns& columns) {
  const auto put = [&](std::string_view label, __u64 xdp_statistics::*counter) {
    columns.numbers(2, label, [&](const QueueSnapshot& queue) -> Table::Number {
      if (!queue.socket) return std::nullopt;
      return queue.socket->statistics.*counter;
    });
  };
  columns.section("AF_XDP socket");
  put("rx_dropped", &xdp_statistics::rx_dropped);
  put("rx_invalid_descs", &xdp_statistics::rx_invalid_descs);
  put("tx_invalid_descs", &xdp_statistics::tx_invalid_descs);
  put("rx_ring_full", &xdp_statistics::rx_ring_full);
  put("rx_fill_ring_empty_descs", &xdp_statistics::rx_fill_ring_empty_descs);
  put("tx_ring_empty_descs", &xdp_statistics::tx_ring_empty_descs);
}

void put_handoffs(Columns& columns) {
  columns.section("hand-offs between workers");
  columns.counters(
      2, [](const QueueSnapshot& queue) -> auto& { return queue.header->handoff; }, kHandoffCounterNames,
      HandoffCounter::out, HandoffCounter::wakeups);

  LatencyCounts of_all{};
  for (const QueueSnapshot& queue : columns.queues()) of_all += counts_of(queue.header->handoff_latency);
  if (!percentile_bucket(of_all, 100)) return;
  columns.section("latency of hand-offs");
  for (const auto& [label, percent] : {std::pair{"p50", 50u}, {"p99", 99u}, {"worst", 100u}}) {
    const auto text = [percent = percent](const LatencyCounts& counts) {
      const auto bucket = percentile_bucket(counts, percent);
      return bucket ? bucket_text(*bucket) : "-";
    };
    columns.texts(
        2, label, [&](const QueueSnapshot& queue) { return text(counts_of(queue.header->handoff_latency)); },
        text(of_all));
  }
}

void put_datagrams(Columns& columns) {
  columns.section("datagrams by AF_XDP");
  columns.counters(
      2, [](const QueueSnapshot& queue) -> auto& { return queue.header->xdp; }, kPortCounterNames,
      PortCounter::received_datagrams, PortCounter::wakeups);
  columns.section("datagrams by the kernel's sockets");
  columns.counters(
      2, [](const QueueSnapshot& queue) -> auto& { return queue.header->socket; }, kPortCounterNames,
      PortCounter::received_datagrams, PortCounter::wakeups);
}

void put_quic(Columns& columns) {
  using E = EndpointCounter;
  const auto put = [&](std::string_view title, E first, E last) {
    columns.section(title);
    columns.counters(
        2, [](const QueueSnapshot& queue) -> auto& { return queue.header->endpoint; }, kEndpointCounterNames,
        first, last);
  };
  put("connections", E::connections_handshake, E::paths_validated);
  put("streams", E::streams_opened, E::datagrams_sent);
  put("budgets of frames", E::held_in_frames, E::send_budget_reached);
  put("tokens, and answers outside connections", E::retry_tokens_accepted, E::invalid_token_closes_sent);
  put("datagrams dropped by QUIC", E::drop_malformed, E::drop_close_unsent);
}

}  // namespace

Table queue_table(const std::vector<QueueSnapshot>& queues) {
  Columns columns(queues);
  put_heading(columns);
  put_frames(columns);
  put_rings(columns);
  put_socket(columns);
  put_datagrams(columns);
  put_handoffs(columns);
  put_quic(columns);
  return columns.take();
}

}  // namespace quicrx
