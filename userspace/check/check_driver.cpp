// SPDX-License-Identifier: MIT
#include <string>

#include "check/subject.h"
#include "xdp/device_clock.h"
#include "xdp/steering.h"

namespace quicrx {
namespace {

void check_features(const Subject& subject, Findings& findings) {
  const std::string driver = subject.interface.driver_text();
  if (!subject.features) {
    findings.push_back({"native_xdp", Grade::advice,
                        "this kernel does not say what " + driver + " can do (Linux 6.3 does)"});
    return;
  }
  const DeviceFeatures& features = *subject.features;
  findings.push_back(features.native_xdp ? Finding{"native_xdp", Grade::good, driver + " has it"}
                                         : Finding{"native_xdp", Grade::advice,
                                                   driver + " has none: generic mode, which is slow"});
  findings.push_back(
      features.zero_copy
          ? Finding{"zero_copy", Grade::good, driver + " says it has it; --try binds a socket to see"}
          : Finding{"zero_copy", Grade::advice, driver + " has none: copy mode"});
  findings.push_back({"multi_buffer", Grade::good,
                      features.multi_buffer
                          ? "jumbo frames in copy mode" +
                                std::string(features.zero_copy_segments > 1 ? " and with zero copy" : "")
                          : "no frames of several buffers"});
}

void check_metadata(const Subject& subject, Findings& findings) {
  if (!subject.features || (!subject.features->receive_timestamp && !subject.features->receive_hash)) {
    findings.push_back({"rx_metadata", Grade::good, "none by this driver"});
    return;
  }
  std::string text = subject.features->receive_hash ? "hash" : "";
  if (subject.features->receive_timestamp) {
    text += text.empty() ? "timestamp" : " and timestamp";
    if (!DeviceClock::open(subject.interface)) text += " (not used: no PTP clock)";
  }
  findings.push_back({"rx_metadata", Grade::good, text + " with 'quicrx load --rx-metadata'"});
}

void check_programs(const Subject& subject, Findings& findings) {
  const std::string& name = subject.interface.name;
  const auto programs = list_programs(subject.interface);
  if (!programs) {
    findings.push_back({"xdp_programs", Grade::problem, programs.error().message});
    return;
  }
  if (programs->empty()) {
    findings.push_back({"xdp_programs", Grade::good, "none attached"});
    return;
  }
  std::string list;
  bool foreign_alone = false;
  for (const AttachedProgram& program : *programs) {
    list += (list.empty() ? "" : ", ") + program.name + (program.ours ? " (ours)" : "");
    foreign_alone = foreign_alone || (!program.ours && !program.dispatcher);
  }
  findings.push_back(foreign_alone ? Finding{"xdp_programs", Grade::problem,
                                             list + " is attached alone: nothing can be attached beside it",
                                             "ip link set dev " + name + " xdp off"}
                                   : Finding{"xdp_programs", Grade::good, list + " attached"});
}

}  // namespace

void check_driver(const Subject& subject, Findings& findings) {
  const Interface& interface = subject.interface;
  findings.push_back({"driver", Grade::good,
                      (interface.driver.empty() ? "none named" : interface.driver) +
                          (interface.bus.empty() ? ", a virtual device" : ", bus " + interface.bus)});
  check_features(subject, findings);
  check_metadata(subject, findings);
  check_programs(subject, findings);
}

}  // namespace quicrx
