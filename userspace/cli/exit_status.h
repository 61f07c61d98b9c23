// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/result.h"

namespace quicrx::cli {

/// Exit statuses, documented in docs/operations.md.
enum class ExitStatus : int {
  success = 0,
  failure = 1,
  usage = 2,
  permission = 3,
  not_found = 4,
  busy = 5,
  unsupported = 6,
  advice = 7,  ///< of `check`: nothing is wrong, something could be better
};

ExitStatus exit_status_of(ErrorKind kind);

/// "quicrx: MESSAGE" on stderr; the status to exit with.
int report(const Error& error);

}  // namespace quicrx::cli
