// SPDX-License-Identifier: MIT
#include "engine/engine.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string>

#include "engine/pin_thread.h"

namespace quicrx {
namespace {

// What a lane holds at most: behind a worker that is so far behind, waiting is worse than loss. Fewer where
// there are many lanes, for each has its memory; always more than a batch.
std::uint32_t lane_capacity(std::size_t peers) {
  constexpr std::size_t kMost = 1024, kLeast = 2 * kBatch, kOfAll = 8192;
  return static_cast<std::uint32_t>(std::clamp(kOfAll / peers, kLeast, kMost));
}

/// Half of each pool's frames may be away.
std::vector<AwayFrames::Source> sources_of(Worker& worker) {
  std::vector<AwayFrames::Source> sources;
  for (const ReceivePool& source : worker.ports().receive_pools())
    sources.emplace_back(*source.pool, source.frames / 2);
  return sources;
}

/// By index; 0 where there are sockets alone.
unsigned interface_of(const Engine::Place& place) {
  return place.config.xdp ? place.config.xdp->interface.index : 0;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(std::vector<Place> places,
                                             const std::shared_ptr<const TlsContext>& tls) {
  std::unique_ptr<Engine> engine(new Engine);
  engine->places_ = std::move(places);
  engine->ended_ = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!engine->ended_)
    return fail(ErrorKind::failure, std::string("cannot make an eventfd: ") + std::strerror(errno));
  if (auto opened = engine->open_workers(tls); !opened) return tl::unexpected(opened.error());
  std::vector<const EndpointCounters*> counters;
  for (const Place& place : engine->places_) counters.push_back(place.storage.endpoint);
  for (const auto& worker : engine->workers_) worker->endpoint().count_with(counters);
  engine->make_lanes();
  return engine;
}

Result<void> Engine::open_workers(const std::shared_ptr<const TlsContext>& tls) {
  unsigned mtu = 0;
  for (const Place& place : places_)
    if (place.config.xdp) mtu = std::max(mtu, place.config.xdp->interface.mtu);
  for (Place& place : places_) {
    // The kernel gives any of the sockets what came by any interface.
    if (mtu > 0) place.config.socket_mtu = mtu;
    // Memory lies near the CPU that first touches it.
    const auto visit = place.cpu ? CpuVisit::begin(*place.cpu) : Result<CpuVisit>(CpuVisit());
    if (!visit) return tl::unexpected(visit.error());
    // The first has the UDP port to itself while it opens: so it is told apart from one that is taken.
    place.config.shares_port = !workers_.empty();
    auto worker = Worker::open(place.config, place.storage, tls);
    if (!worker) return tl::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
    if (workers_.size() == 1 && places_.size() > 1)
      if (auto let = workers_.front()->ports().share(); !let) return let;
  }
  return {};
}

void Engine::make_lanes() {
  if (size() < 2) return;
  const std::size_t others = size() - 1;
  lanes_.resize(size() * size());
  for (std::size_t from = 0; from < size(); ++from) {
    away_.push_back(std::make_unique<AwayFrames>(sources_of(*workers_[from]), others));
    for (std::size_t to = 0; to < size(); ++to)
      if (from != to)
        lanes_[from * size() + to] = std::make_unique<HandoffLane>(*away_[from], lane_capacity(others));
  }
  for (std::size_t own = 0; own < size(); ++own) {
    std::vector<Handoff::Peer> peers(size());
    for (std::size_t other = 0; other < size(); ++other) {
      if (other == own) continue;
      const unsigned interface = interface_of(places_[other]);
      const bool same = interface == interface_of(places_[own]);
      peers[other] = {&lane(own, other), &lane(other, own), &workers_[other]->waker(), same ? 0 : interface};
    }
    workers_[own]->connect(std::move(peers));
  }
}

Result<void> Engine::start() {
  drain_.emplace(size());
  running_ = size();
  std::vector<std::future<Result<void>>> pinned;
  for (std::size_t number = 0; number < size(); ++number) {
    std::promise<Result<void>> promise;
    pinned.push_back(promise.get_future());
    threads_.emplace_back([this, number, told = std::move(promise)]() mutable {
      const Place& place = places_[number];
      if (place.thread_number != nullptr) *place.thread_number = gettid();
      pthread_setname_np(pthread_self(), ("worker-" + std::to_string(number)).c_str());
      auto ready = place.cpu ? pin_this_thread(*place.cpu) : Result<void>();
      told.set_value(ready.and_then([&] { return workers_[number]->adopt(); }));
      run(number);
    });
  }
  for (auto& told : pinned)
    if (auto result = told.get(); !result) {
      stop();
      join();
      return result;
    }
  return {};
}

void Engine::run(std::size_t number) {
  workers_[number]->run(*drain_);
  const std::uint64_t one = 1;
  if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1 &&
      write(ended_.get(), &one, sizeof(one)) != sizeof(one))
    std::abort();  // an eventfd that counts to one takes it
}

void Engine::drain() {
  for (const auto& worker : workers_) worker->drain();
}

void Engine::stop() {
  for (const auto& worker : workers_) worker->stop();
}

void Engine::use(const std::shared_ptr<const TlsContext>& tls) {
  for (const auto& worker : workers_) worker->use(tls);
}

void Engine::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  // What was handed over last, nobody has taken.
  for (const auto& lane : lanes_) {
    if (!lane) continue;
    std::array<Datagram, kBatch> batch;
    LatencyHistogram nobodys;
    while (lane->take(batch, nobodys, Clock::now()) > 0) batch = {};
    lane->collect();
  }
}

Engine::~Engine() {
  stop();
  join();
}

}  // namespace quicrx
