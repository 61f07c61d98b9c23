// SPDX-License-Identifier: MIT
#include "cli/served_sockets.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/pin_thread.h"
#include "telemetry/worker_record.h"
#include "xdp/link_mtu.h"

namespace quicrx::cli {
namespace {

/// As --workers says, or as many as there are CPUs for them.
Result<std::size_t> count_workers(const RunOptions& options) {
  if (options.workers) return *options.workers;
  if (options.cpus != "none") {
    const auto named = named_cpus(options);
    if (!named) return tl::unexpected(named.error());
    if (*named) return (*named)->size();
  }
  return allowed_cpus().map([](const std::vector<unsigned>& cpus) { return cpus.size(); });
}

/// What is sent to an address comes to a socket there, or to one of all addresses.
bool is_served(const SocketAddress& address, const std::optional<SocketAddress>& listen) {
  return listen && listen->port() == address.port() && (listen->is_unspecified() || *listen == address);
}

/// Of the way to any client.
unsigned largest_mtu(const ListenAddresses& listen) {
  return std::max(listen.ipv4 ? link_mtu(*listen.ipv4) : kStandardMtu,
                  listen.ipv6 ? link_mtu(*listen.ipv6) : kStandardMtu);
}

}  // namespace

Result<std::unique_ptr<ServedSockets>> ServedSockets::plan(const RunOptions& options, SocketIo io) {
  std::unique_ptr<ServedSockets> served(new ServedSockets(options, io));
  auto listen = listen_addresses(options);
  if (!listen) return tl::unexpected(listen.error());
  served->listen_ = std::move(*listen);
  const auto workers = count_workers(options);
  if (!workers) return tl::unexpected(workers.error());
  served->workers_ = *workers;
  return served;
}

Result<void> ServedSockets::check(const EndpointConfig& config) const {
  for (const auto& preferred : {config.preferred_ipv4, config.preferred_ipv6})
    if (preferred && !is_served(*preferred, preferred->is_ipv6() ? listen_.ipv6 : listen_.ipv4))
      return fail(ErrorKind::usage, "--preferred-address: " + preferred->to_string() +
                                        " is not where these sockets listen; they have one port, and what "
                                        "--listen names");
  return {};
}

Result<void> ServedSockets::claim(const std::vector<PortRange>& /*ports*/) {
  const auto here = this_namespace();
  if (!here) return tl::unexpected(here.error());
  UmemPlan nothing;
  nothing.chunk_bytes = 0;
  for (std::size_t worker = 0; worker < workers_; ++worker) {
    auto record = Record::create({listen_.name, *here}, static_cast<std::uint32_t>(worker), nothing);
    if (!record) return tl::unexpected(record.error());
    (*record)->header().io = io_ == SocketIo::io_uring ? RecordedIo::io_uring : RecordedIo::socket;
    records_.push_back(std::move(*record));
  }
  return {};
}

std::vector<Engine::Place> ServedSockets::places(std::size_t /*first*/) {
  std::vector<Engine::Place> places;
  const unsigned mtu = largest_mtu(listen_);
  for (const auto& record : records_) {
    Engine::Place place;
    place.config.socket_io = io_;
    place.config.socket_mtu = mtu;
    place.config.ipv4 = listen_.ipv4;
    place.config.ipv6 = listen_.ipv6;
    place.config.drain = std::chrono::seconds(options_.drain_seconds);
    place.storage = worker_storage(*record);
    place.thread_number = &record->header().thread;
    places.push_back(std::move(place));
  }
  return places;
}

Result<void> ServedSockets::begin(Engine& engine, std::size_t first) {
  for (std::size_t i = 0; i < records_.size(); ++i)
    describe_worker(records_[i]->header(), engine, first + i, listen_.port());
  return {};
}

void ServedSockets::announce(Engine& /*engine*/, std::size_t /*first*/) const {
  spdlog::info("ready: {}, by {}, {} worker{}", listen_.name,
               io_ == SocketIo::io_uring ? "io_uring" : "the kernel's sockets", workers_,
               workers_ == 1 ? "" : "s");
}

}  // namespace quicrx::cli
