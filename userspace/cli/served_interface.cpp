// SPDX-License-Identifier: MIT
#include "cli/served_interface.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "cli/announcements.h"
#include "net/number_list.h"
#include "steer_abi.h"
#include "telemetry/worker_record.h"
#include "xdp/device_features.h"
#include "xdp/queue_trap.h"
#include "xdp/steer_maps.h"

namespace quicrx::cli {
namespace {

/// All that can send. (Where virtio_net has spare pairs, none is to be used: refuse_mute_queue says what to
/// do.)
std::vector<std::uint32_t> all_queues(const Interface& interface) {
  std::vector<std::uint32_t> queues(std::min<std::uint32_t>(interface.receive_queues, QUICRX_MAX_QUEUES));
  std::iota(queues.begin(), queues.end(), 0);
  if (interface.driver == "virtio_net") return queues;
  const auto can_send = [&](std::uint32_t queue) { return refuse_mute_queue(interface, queue).has_value(); };
  if (std::ranges::any_of(queues, can_send)) std::erase_if(queues, std::not_fn(can_send));
  return queues;
}

Result<std::vector<std::uint32_t>> queues_of(const Interface& interface, const std::string& text) {
  if (text == "all") return all_queues(interface);
  auto chosen = parse_number_set(text, QUICRX_MAX_QUEUES - 1);
  if (!chosen) return fail(chosen.error().kind, "--queues: " + chosen.error().message);
  if (chosen->back() >= interface.receive_queues)
    return fail(ErrorKind::not_found, interface.name + " has " + std::to_string(interface.receive_queues) +
                                          " receive queue(s): there is no queue " +
                                          std::to_string(chosen->back()) + "; 'ethtool -l " + interface.name +
                                          "' shows them");
  return chosen;
}

Result<void> refuse_mute_queues(const Interface& interface, const std::vector<std::uint32_t>& queues) {
  for (const std::uint32_t queue : queues)
    if (auto refused = refuse_mute_queue(interface, queue); !refused) return refused;
  return {};
}

}  // namespace

Result<std::unique_ptr<ServedInterface>> ServedInterface::plan(const std::string& name,
                                                               const RunOptions& options) {
  std::unique_ptr<ServedInterface> served(new ServedInterface(options));
  auto interface = find_interface(name);
  if (!interface) return tl::unexpected(interface.error());
  served->interface_ = *interface;
  auto queues = queues_of(*interface, options.queues.value_or("all"));
  if (!queues) return tl::unexpected(queues.error());
  served->queues_ = std::move(*queues);
  if (auto refused = refuse_mute_queues(*interface, served->queues_); !refused)
    return tl::unexpected(refused.error());
  auto plan = plan_umem(*interface, ask_device_features(*interface), options.frames);
  if (!plan) return tl::unexpected(plan.error());
  served->plan_ = *plan;
  return served;
}

Result<void> ServedInterface::claim(const std::vector<PortRange>& ports) {
  carrier_ = std::make_unique<CarrierWatch>(interface_);
  if (auto cleared = clear_abandoned(interface_, Wanted{ports, plan_.multi_buffer()}); !cleared)
    return cleared;
  for (const std::uint32_t queue : queues_) {
    auto record = Record::create(name_of(interface_), queue, plan_);
    if (!record) return tl::unexpected(record.error());
    records_.push_back(std::move(*record));
  }
  auto ensured = OwnedProgram::ensure(interface_, ports);
  if (!ensured) return tl::unexpected(ensured.error());
  program_.emplace(std::move(*ensured));
  return check_program();
}

/// Whether the loaded program suits the plan, and no queue turns out to be mute now that it is attached.
Result<void> ServedInterface::check_program() {
  if (auto refused = refuse_mute_queues(interface_, queues_); !refused) return refused;
  const auto config = loaded_config(interface_);
  if (!config) return tl::unexpected(config.error());
  flags_ = config->flags;
  // In generic mode such packets reach the socket too long (seen on Linux 6.18: what lies in fragments is
  // counted twice).
  if (plan_.multi_buffer() && !program_->attachment().native)
    return fail(ErrorKind::unsupported,
                interface_.name + ": generic XDP does not take packets larger than a frame; 'ip link set " +
                    interface_.name + " mtu " + std::to_string(largest_single_buffer_mtu(interface_.driver)) +
                    "' is the most");
  if (plan_.multi_buffer() && (flags_ & QUICRX_MULTI_BUFFER) == 0)
    return fail(ErrorKind::busy, interface_.name + ": quicrx was loaded for a smaller MTU; 'quicrx unload " +
                                     interface_.name + "', then load it again");
  return {};
}

std::vector<Engine::Place> ServedInterface::places(std::size_t first) {
  std::vector<Engine::Place> places;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const auto number = static_cast<WorkerNumber>(first + i);
    RecordHeader& header = records_[i]->header();
    Engine::Place place;
    place.config.xdp =
        XdpPort::Config{.interface = interface_,
                        .queue = queues_[i],
                        .worker = number,
                        .plan = plan_,
                        .bind = options_.bind.value_or(BindMode::automatic),
                        .native = program_->attachment().native,
                        .receive_metadata = (flags_ & QUICRX_RX_METADATA) != 0,
                        .busy_poll = std::chrono::microseconds(options_.busy_poll_microseconds.value_or(0))};
    place.config.transmit = options_.transmit.value_or(TransmitBy::automatic);
    place.config.ipv4 = SocketAddress::any_ipv4(options_.port);
    place.config.ipv6 = SocketAddress::any_ipv6(options_.port);
    place.config.drain = std::chrono::seconds(options_.drain_seconds);
    place.storage = worker_storage(*records_[i]);
    place.thread_number = &header.thread;
    places.push_back(std::move(place));
  }
  return places;
}

Result<void> ServedInterface::begin(Engine& engine, std::size_t first) {
  const auto maps = SteerMaps::open(interface_);
  if (!maps) return tl::unexpected(maps.error());
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const XdpPort& port = *engine.worker(first + i).xdp();
    RecordHeader& header = records_[i]->header();
    describe_port(header, port);
    describe_worker(header, engine, first + i, options_.port);
    if (auto set = maps->set_socket(queues_[i], port.descriptor()); !set) return set;
  }
  return {};
}

std::string ServedInterface::name() const {
  return interface_.name + "/" + std::string(interface_.mac.begin(), interface_.mac.end()) + "/" +
         number_list_text(queues_);
}

void ServedInterface::wait(int stop) const {
  if (!carrier_->wait(CarrierWatch::kLongest, stop))
    spdlog::warn("{}: no carrier since the XDP program was attached and the sockets bound", interface_.name);
}

void ServedInterface::announce(Engine& engine, std::size_t first) const {
  const XdpPort& port = *engine.worker(first).xdp();  // its queues are alike
  const Attachment& attachment = program_->attachment();
  warn_of_unserved_queues(interface_, queues_);
  if (!attachment.native_refused.empty())
    spdlog::warn("fell back to generic XDP: {}", attachment.native_refused);
  warn_of_other_ports(interface_, options_.port);
  warn_of_missing_timestamps(interface_, port);
  spdlog::info(
      "ready: {} {}, UDP port {}, XDP in {} mode, {}, answers by {}, {} frames of {} bytes {}on {} pages{}{}",
      interface_.name, queues_text(queues_), options_.port, attachment.mode_name(),
      copy_text(port, interface_, attachment),
      engine.worker(first).ports().sends_by_socket() ? "sockets" : "AF_XDP", plan_.frames(),
      plan_.chunk_bytes, queues_.size() > 1 ? "a queue " : "",
      port.huge_pages() ? "huge" : "normal (no huge pages free)",
      plan_.multi_buffer() ? ", several a packet" : "", metadata_text(port));
}

}  // namespace quicrx::cli
