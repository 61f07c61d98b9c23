// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "service/http_config.h"

namespace quicrx::fuzz {

/// Folders with a few files to ask for and a place for uploads, gone at the end of the process. (libFuzzer
/// does not always end it in order: scripts/fuzz gives it a folder for temporary files and removes that.)
class Site {
 public:
  Site();
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  [[nodiscard]] const HttpConfig& config() const { return config_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Removes what was uploaded.
  void clean();

 private:
  std::filesystem::path folder_;
  HttpConfig config_;
};

}  // namespace quicrx::fuzz
