// SPDX-License-Identifier: MIT
#include "check/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace quicrx {

Grade worst_of(const Findings& findings) {
  Grade worst = Grade::good;
  for (const Finding& finding : findings) worst = std::max(worst, finding.grade);
  return worst;
}

std::string report_text(const std::string& interface, const Findings& findings) {
  std::string text = interface + "\n";
  for (const Finding& finding : findings) {
    text += fmt::format("  {:<8} {:<17} {}\n", name_of(finding.grade), finding.topic, finding.text);
    if (!finding.remedy.empty()) text += fmt::format("{:28} -> {}\n", "", finding.remedy);
  }
  const auto count = [&](Grade grade) { return std::ranges::count(findings, grade, &Finding::grade); };
  return text + fmt::format("{} good, {} advice, {} problem\n", count(Grade::good), count(Grade::advice),
                            count(Grade::problem));
}

std::string report_json(const std::string& interface, const Findings& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings)
    list.push_back({{"topic", finding.topic},
                    {"grade", name_of(finding.grade)},
                    {"text", finding.text},
                    {"remedy", finding.remedy.empty() ? nlohmann::ordered_json(nullptr)
                                                      : nlohmann::ordered_json(finding.remedy)}});
  const nlohmann::ordered_json report{{"quicrx", QUICRX_VERSION},
                                      {"interface", interface},
                                      {"worst", name_of(worst_of(findings))},
                                      {"findings", std::move(list)}};
  return report.dump(2) + "\n";
}

}  // namespace quicrx
