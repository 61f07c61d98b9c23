// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/port.h"

namespace quicrx {

/// A port over one descriptor: what PortGroup is made of.
class LeafPort : public Port {
 public:
  /// Readable (poll) when something has arrived.
  [[nodiscard]] virtual int descriptor() const = 0;

  /// Where its acquire() takes frames from.
  [[nodiscard]] virtual FramePool& transmit_pool() = 0;

  /// Frames were queued that the kernel did not take yet: flush() is to be called again soon.
  [[nodiscard]] virtual bool has_unsent() const = 0;
};

}  // namespace quicrx
