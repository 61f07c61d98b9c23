// SPDX-License-Identifier: MIT
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "check/report.h"
#include "check/subject.h"
#include "cli/commands.h"
#include "library/setup_lock.h"

namespace quicrx::cli {
namespace {

struct CheckOptions {
  std::string interface;
  bool try_bind = false;
  bool json = false;
};

/// What cannot be asked for want of a privilege is a finding, not an error.
Result<ExitStatus> check(const CheckOptions& options) {
  auto interface = find_interface(options.interface);
  if (!interface) return tl::unexpected(interface.error());
  const auto features = ask_device_features(*interface);
  const Subject subject{std::move(*interface), features, NetSysfs()};
  Findings findings;
  check_system(subject, findings);
  check_driver(subject, findings);
  check_queues(subject, findings);
  check_link(subject, findings);
  if (options.try_bind) {
    const auto lock = SetupLock::take();  // so that no poller starts meanwhile
    if (lock) {
      try_zero_copy(subject, findings);
    } else {
      findings.push_back({"zero_copy_trial", Grade::problem, lock.error().message});
    }
  }
  const std::string report = options.json ? report_json(subject.interface.name, findings)
                                          : report_text(subject.interface.name, findings);
  std::fputs(report.c_str(), stdout);
  switch (worst_of(findings)) {
    case Grade::good:
      return ExitStatus::success;
    case Grade::advice:
      return ExitStatus::advice;
    case Grade::problem:
      return ExitStatus::failure;
  }
  return ExitStatus::failure;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      app.add_subcommand("check", "Tell what this NIC, driver and kernel can do for us, and what to mend");
  command->add_option("IFACE", options->interface, "Network interface")->required();
  command->add_flag(
      "--try", options->try_bind,
      "Bind a socket with zero copy to each queue that nobody uses; its traffic may stop for a moment");
  command->add_flag("--json", options->json, "One JSON object, for programs");
  command->footer("Exit status: 0 all good, 7 there is advice, 1 there is a problem.");
  command->callback([options, &action] { action = [options] { return check(*options); }; });
}

}  // namespace quicrx::cli
