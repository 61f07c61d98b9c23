// SPDX-License-Identifier: MIT
#include "quicrx/version.h"

namespace quicrx {

std::string_view version() noexcept {
  return kVersion;
}

}  // namespace quicrx
