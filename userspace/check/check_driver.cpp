// SPDX-License-Identifier: MIT
#include <string>

#include "check/subject.h"
#include "xdp/capabilities.h"
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
                      features.multi_buffer && is_kernel_at_least(6, 6)
                          ? "jumbo frames in copy mode" +
                                std::string(features.zero_copy_segments > 1 ? " and with zero copy" : "")
                          : "no frames of several buffers"});
}

void check_metadata(const Subject& subject, Findings& findings) {
  const Interface& interface = subject.interface;
  const auto& features = subject.features;
  if (!features || !features->tells_metadata) {
    findings.push_back({"rx_metadata", Grade::good,
                        "not told by this kernel (Linux 6.7 does); 'quicrx load --rx-metadata' tries"});
    return;
  }
  if (!features->receive_timestamp && !features->receive_hash) {
    findings.push_back({"rx_metadata", Grade::good, "none by this driver"});
    return;
  }
  std::string text = features->receive_hash ? "hash" : "";
  if (features->receive_timestamp) {
    const auto clock = DeviceClock::open(interface);
    text += text.empty() ? "timestamp" : " and timestamp";
    if (!clock) text += " (not used: " + clock.error().message + ")";
    if (clock && !stamps_every_packet(interface).value_or(true)) {
      findings.push_back({"rx_metadata", Grade::advice, text + "; the NIC is not set to stamp every packet",
                          "hwstamp_ctl -i " + interface.name + " -r 1"});
      return;
    }
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
  for (const AttachedProgram& program : *programs)
    list += (list.empty() ? "" : ", ") + program.name + (program.ours ? " (ours)" : "");
  const AttachedProgram& first = programs->front();
  if (first.ours || first.dispatcher) {
    findings.push_back({"xdp_programs", Grade::good, list + " attached"});
  } else if (first.name == "xdp_dispatcher") {
    findings.push_back({"xdp_programs", Grade::problem,
                        "libxdp's dispatcher is attached, and its programs cannot be seen (another bpffs?)",
                        "xdp-loader unload " + name + " --all"});
  } else {
    findings.push_back({"xdp_programs", Grade::problem,
                        list + " is attached alone: nothing can be attached beside it",
                        "ip link set dev " + name + (first.native ? " xdpdrv off" : " xdpgeneric off")});
  }
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
