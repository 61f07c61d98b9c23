// SPDX-License-Identifier: MIT
#include "cli/exit_status.h"

#include <cstdio>

namespace quicrx::cli {

ExitStatus exit_status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failure:
      return ExitStatus::failure;
    case ErrorKind::usage:
      return ExitStatus::usage;
    case ErrorKind::permission:
      return ExitStatus::permission;
    case ErrorKind::not_found:
      return ExitStatus::not_found;
    case ErrorKind::busy:
      return ExitStatus::busy;
    case ErrorKind::unsupported:
      return ExitStatus::unsupported;
  }
  return ExitStatus::failure;
}

int report(const Error& error) {
  std::fprintf(stderr, "quicrx: %s\n", error.message.c_str());
  return static_cast<int>(exit_status_of(error.kind));
}

}  // namespace quicrx::cli
