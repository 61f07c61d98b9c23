// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "net/port_ranges.h"
#include "quicrx/result.h"

namespace quicrx::cli {

/// Something that `run` serves, an interface or a UDP port: its workers, and what is claimed of the machine
/// for as long as they run. What was claimed goes with this object.
class Served {
 public:
  virtual ~Served() = default;

  [[nodiscard]] virtual std::size_t workers() const = 0;
  /// Tells it apart from what else this machine serves.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Whether clients that are invited elsewhere would be served there.
  [[nodiscard]] virtual Result<void> check(const EndpointConfig&) const { return {}; }

  /// Makes a record for each worker, and all else that must be there before ports are opened.
  virtual Result<void> claim(const std::vector<PortRange>& ports) = 0;
  /// A place for each worker, from number `first` on.
  [[nodiscard]] virtual std::vector<Engine::Place> places(std::size_t first) = 0;
  /// The workers run, which are the engine's from number `first` on: packets may come.
  virtual Result<void> begin(Engine& engine, std::size_t first) = 0;
  /// Waits for what comes late; until `stop` is readable.
  virtual void wait(int stop) const { (void)stop; }
  virtual void announce(Engine& engine, std::size_t first) const = 0;

 protected:
  Served() = default;
  Served(const Served&) = default;
  Served& operator=(const Served&) = default;
};

}  // namespace quicrx::cli
