// SPDX-License-Identifier: MIT
#include "cli/services.h"

#include <algorithm>

#include "service/echo_service.h"
#include "service/h3_service.h"
#include "service/hq_service.h"
#include "service/perf_service.h"

namespace quicrx::cli {

Services::Services(const HttpConfig& config, const std::vector<std::string>& alpns) {
  const auto wanted = [&](std::string_view name) { return std::ranges::find(alpns, name) != alpns.end(); };
  if (wanted("h3")) services_.push_back(std::make_unique<H3Service>(config));
  if (wanted("hq-interop")) services_.push_back(std::make_unique<HqService>(config));
  if (wanted("perf")) services_.push_back(std::make_unique<PerfService>());
  if (wanted("echo")) services_.push_back(std::make_unique<EchoService>());
}

std::vector<Service*> Services::chosen() const {
  std::vector<Service*> chosen;
  for (const auto& service : services_) chosen.push_back(service.get());
  return chosen;
}

}  // namespace quicrx::cli
