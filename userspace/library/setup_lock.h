// SPDX-License-Identifier: MIT
#pragma once

#include "frame/descriptor.h"
#include "quicrx/result.h"

namespace quicrx {

/// Held while a process changes what is attached to an interface, so that one poller that ends does not
/// unload what another is about to use. A lock on /run/quicrx.lock, which only root can open; it goes with
/// the process, the empty file stays.
class SetupLock {
 public:
  /// Waits a few seconds for another process to finish.
  static Result<SetupLock> take();

 private:
  explicit SetupLock(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};

}  // namespace quicrx
