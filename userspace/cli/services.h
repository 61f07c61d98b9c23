// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quicrx/service.h"
#include "service/http_config.h"

namespace quicrx::cli {

/// The services that `run --alpn` names.
class Services {
 public:
  /// `config` outlives them; every name is one that run_options.cpp lets by.
  Services(const HttpConfig& config, const std::vector<std::string>& alpns);
  [[nodiscard]] std::vector<Service*> chosen() const;

 private:
  std::vector<std::unique_ptr<Service>> services_;
};

}  // namespace quicrx::cli
