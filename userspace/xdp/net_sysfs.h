// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frame/descriptor.h"

namespace quicrx {

/// /sys as this process's network namespace has it. The one mounted at /sys shows the namespace in which it
/// was mounted, so another is mounted, where nobody else sees it; without the privilege for that, /sys is
/// read.
class NetSysfs {
 public:
  NetSysfs();

  /// A file's text without its last newline; nothing when it cannot be read. `path` is relative to /sys.
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const;
  /// A file's whole number.
  [[nodiscard]] std::optional<long> number(const std::string& path) const;
  /// The names in a folder, sorted; empty when there is none.
  [[nodiscard]] std::vector<std::string> names(const std::string& path) const;
  /// Where a symbolic link leads: its last component.
  [[nodiscard]] std::optional<std::string> link_name(const std::string& path) const;

 private:
  Descriptor root_;
};

}  // namespace quicrx
