// SPDX-License-Identifier: MIT
#pragma once

#include "frame/descriptor.h"
#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx::cli {

/// Held while a process changes what is attached to an interface, so that one poller that ends does not
/// unload what another is about to use. A Unix socket with an abstract name: it goes with the process and
/// leaves nothing behind.
class SetupLock {
 public:
  /// Waits a few seconds for another process to finish.
  static Result<SetupLock> take(const Interface& interface);

 private:
  explicit SetupLock(Descriptor socket) : socket_(std::move(socket)) {}

  Descriptor socket_;
};

}  // namespace quicrx::cli
