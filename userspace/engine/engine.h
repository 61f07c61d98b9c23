// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "engine/handoff_lane.h"
#include "engine/worker.h"
#include "frame/descriptor.h"

namespace quicrx {

/// The workers of a server, a thread each, and the lanes between them.
///
/// Everything is for the thread that opened it; orders reach the workers in their next turn.
class Engine {
 public:
  /// A worker to be.
  struct Place {
    Worker::Config config;
    Worker::Storage storage;
    std::optional<unsigned> cpu;            ///< to be pinned to
    std::int32_t* thread_number = nullptr;  ///< where the kernel's number of its thread is written; or null
  };

  /// Opens the workers, in the order of their numbers. Nothing runs yet.
  static Result<std::unique_ptr<Engine>> open(std::vector<Place> places,
                                              const std::shared_ptr<const TlsContext>& tls);
  ~Engine();  ///< stops at once what still runs

  [[nodiscard]] std::size_t size() const { return workers_.size(); }
  [[nodiscard]] Worker& worker(std::size_t number) { return *workers_[number]; }
  /// The one that the worker is pinned to.
  [[nodiscard]] std::optional<unsigned> cpu(std::size_t number) const { return places_[number].cpu; }

  /// Starts the threads. The error says of which CPU or port a worker could not take possession; then none
  /// runs.
  Result<void> start();

  void drain();
  void stop();
  void use(const std::shared_ptr<const TlsContext>& tls);

  /// Readable when every worker has ended.
  [[nodiscard]] int ended() const { return ended_.get(); }
  /// Waits for that, and brings every frame home.
  void join();

 private:
  Engine() = default;
  Result<void> open_workers(const std::shared_ptr<const TlsContext>& tls);
  void make_lanes();
  void run(std::size_t number);
  [[nodiscard]] HandoffLane& lane(std::size_t from, std::size_t to) { return *lanes_[from * size() + to]; }

  std::vector<Place> places_;
  std::vector<std::unique_ptr<AwayFrames>> away_;    // by worker
  std::vector<std::unique_ptr<HandoffLane>> lanes_;  // from * size() + to; none from a worker to itself
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  Descriptor ended_;
  std::optional<DrainGroup> drain_;
  std::atomic<std::size_t> running_{0};
};

}  // namespace quicrx
