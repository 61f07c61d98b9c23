// SPDX-License-Identifier: MIT
/// What a poller leaves in shared memory for whoever asks: its counters and the states of its frames.
///
/// A file (record_place.h) that the poller maps and locks. Readers need nothing of the poller, so a hung one
/// can be looked at; its lock, which dies with the process, tells a living poller from one that was killed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/handoff_counters.h"
#include "engine/latency_histogram.h"
#include "frame/descriptor.h"
#include "frame/frame_words.h"
#include "frame/mapping.h"
#include "frame/pool_ids.h"
#include "frame/slab_pool.h"
#include "port/port_counters.h"
#include "port/socket_port.h"
#include "quic/endpoint_counters.h"
#include "quicrx/result.h"
#include "telemetry/record_place.h"
#include "xdp/umem_plan.h"

namespace quicrx {

/// The frame pools of a poller, in the order in which their words follow the header: by PoolKind.
inline constexpr std::size_t kPools = 8;
inline constexpr std::string_view kPoolNames[kPools] = {
    "receive",          "transmit",        "gather",           "socket4_receive",
    "socket4_transmit", "socket6_receive", "socket6_transmit", "hold"};

/// By what a worker's datagrams come.
enum class RecordedIo : std::uint8_t { af_xdp, socket, io_uring };
inline constexpr std::string_view kIoNames[] = {"af-xdp", "socket", "io_uring"};

/// By what a worker's packets are protected.
enum class RecordedAead : std::uint8_t { gnutls, ipsec_mb };
inline constexpr std::string_view kAeadNames[] = {"gnutls", "ipsec-mb"};

/// The start of the file. Frame words follow, pool by pool.
struct RecordHeader {
  static constexpr std::uint64_t kMagic = 0x3730'6472'6372'7871;  // changes with the layout

  std::uint64_t magic = kMagic;
  std::uint64_t bytes = 0;  ///< of the whole file
  std::int32_t pid = 0;
  std::int32_t xsk = -1;     ///< the poller's descriptor of its AF_XDP socket
  std::uint32_t queue = 0;   ///< of an interface; by sockets the worker's number
  std::uint32_t worker = 0;  ///< its number among the workers of its process
  std::int32_t thread = 0;   ///< the kernel's number of it
  std::int32_t cpu = -1;     ///< the one that the worker is pinned to; -1: none
  std::uint16_t udp_port = 0;
  std::uint8_t zero_copy = 0;
  std::uint8_t huge_pages = 0;
  RecordedIo io = RecordedIo::af_xdp;
  std::uint8_t sends_by_socket = 0;  ///< also what came by AF_XDP
  RecordedAead aead = RecordedAead::gnutls;

  std::uint64_t busy_poll_microseconds = 0;
  std::int32_t zero_copy_refused = 0;  ///< errno; 0 when zero copy was not asked for, or is there
  std::int64_t start_seconds = 0;      ///< Unix time
  UmemPlan plan;
  std::uint32_t pool_frames[kPools] = {};
  PoolCounters pools[kPools];
  PortCounters xdp;
  PortCounters socket;
  EndpointCounters endpoint;
  HandoffCounters handoff;
  LatencyHistogram handoff_latency;  ///< of those taken over: from arrival at the other worker to reading
};

/// A record in memory: the poller's own, or a view of another's.
class Record {
 public:
  /// Makes and locks the record of a poller, NAME-QUEUE. The error names the process that has it. `plan`: of
  /// nothing where there are sockets alone.
  static Result<std::unique_ptr<Record>> create(const PollerName& name, std::uint32_t queue,
                                                const UmemPlan& plan);

  /// Another poller's record, for reading.
  static Result<std::unique_ptr<Record>> open(const PollerName& name, std::uint32_t queue);

  ~Record();  ///< the poller's own: the file goes too

  [[nodiscard]] RecordHeader& header() { return *static_cast<RecordHeader*>(mapping_.data()); }
  [[nodiscard]] const RecordHeader& header() const {
    return *static_cast<const RecordHeader*>(mapping_.data());
  }
  [[nodiscard]] std::span<FrameWord> words(PoolKind pool) const;
  /// Whether the poller that made it is alive.
  [[nodiscard]] bool alive() const;

 private:
  Record() = default;

  std::string path_;
  Descriptor file_;
  Mapping mapping_;
  bool owner_ = false;
};

/// Queues of which there is a record, ascending.
std::vector<std::uint32_t> recorded_queues(const PollerName& name);
/// The servers by sockets of which there are records, by name.
std::vector<std::string> recorded_socket_servers(std::uint64_t namespace_id);

/// Whether a living poller serves any queue of the interface.
bool has_living_poller(const Interface& interface);

}  // namespace quicrx
