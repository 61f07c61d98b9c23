// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "check/finding.h"

namespace quicrx {

Grade worst_of(const Findings& findings);

/// A line a finding, and under it the command that mends it.
std::string report_text(const std::string& interface, const Findings& findings);

/// One JSON object; its names are in docs/operations.md.
std::string report_json(const std::string& interface, const Findings& findings);

}  // namespace quicrx
