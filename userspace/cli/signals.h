// SPDX-License-Identifier: MIT
#pragma once

#include "frame/descriptor.h"

namespace quicrx::cli {

/// SIGINT, SIGTERM and SIGHUP as something to read, also those that come while everything is still being set
/// up. Made before any thread is started: threads inherit what is blocked.
class Signals {
 public:
  Signals();

  /// Readable when a signal has come.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// The number of the next one; 0 when none has come.
  [[nodiscard]] int take() const;

 private:
  Descriptor descriptor_;
};

}  // namespace quicrx::cli
