// SPDX-License-Identifier: MIT
#pragma once

#include <linux/ethtool.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quicrx {

/// What `ethtool -k` shows: an interface's offloads by the kernel's names for them.
class Offloads {
 public:
  struct State {
    bool on = false;
    bool fixed = false;  ///< cannot be switched
  };

  explicit Offloads(const std::string& interface);

  /// Nothing for a name that this kernel does not have.
  [[nodiscard]] std::optional<State> find(std::string_view name) const;

 private:
  std::vector<std::string> names_;
  std::vector<ethtool_get_features_block> blocks_;  // a bit each, 32 to a block
};

}  // namespace quicrx
