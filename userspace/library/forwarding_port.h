// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "port/leaf_port.h"

namespace quicrx {

/// A port that stands alone: what it takes is its derived class's, and it works by another.
class ForwardingPort : public PollablePort {
 public:
  std::size_t receive(std::span<Datagram> out, Timestamp now) final;
  [[nodiscard]] FramePool* transmit_pool(const Path& path) final;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) final;
  void send(Frame frame, const Path& path, Ecn ecn) final;
  void flush() final;
  [[nodiscard]] std::size_t max_payload(const Path& path) const final;
  [[nodiscard]] int descriptor() const final;
  [[nodiscard]] bool has_received() const final;
  [[nodiscard]] bool has_unsent() const final;
  [[nodiscard]] std::size_t frames_in_transmit() const final;
  Result<void> adopt() final;

 protected:
  std::unique_ptr<LeafPort> port_;  // there as soon as anybody else sees this
};

}  // namespace quicrx
