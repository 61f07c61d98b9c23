// SPDX-License-Identifier: MIT
#include "cli/announcements.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <cstring>

#include "library/owned_program.h"
#include "net/number_list.h"
#include "net/port_ranges.h"
#include "xdp/device_features.h"

namespace quicrx::cli {

std::string copy_text(const XdpPort& port, const Interface& interface, const Attachment& attachment) {
  if (port.zero_copy()) return "zero copy";
  if (port.zero_copy_refused() != 0)
    return "copy mode (" + interface.driver_text() +
           " refused zero copy: " + std::strerror(port.zero_copy_refused()) + ")";
  return attachment.native ? "copy mode (as asked for)" : "copy mode (generic XDP has no zero copy)";
}

std::string metadata_text(const XdpPort& port) {
  if (!port.receives_metadata()) return "";
  return port.has_clock() ? ", receive metadata with timestamps"
                          : ", receive metadata without timestamps (" + port.clock_refused() + ")";
}

std::string protection_text(const CipherLibrary* library) {
  return library == nullptr ? "GnuTLS" : std::string("ipsec-mb (") + library->instructions() + ")";
}

void warn_of_unserved_queues(const Interface& interface, const std::vector<std::uint32_t>& queues) {
  if (queues.size() == interface.receive_queues) return;
  spdlog::warn(
      "{} has {} receive queues, of which {} served: what comes in on the others is served by the "
      "kernel's sockets",
      interface.name, interface.receive_queues, queues_text(queues) + (queues.size() == 1 ? " is" : " are"));
}

void warn_of_other_ports(const Interface& interface, std::uint16_t reserved) {
  if (steers_only(interface, ranges_of({reserved})).value_or(true)) return;
  spdlog::warn("{} steers more ports than {}: QUIC on all of them is served, but only that one is reserved",
               interface.name, reserved);
}

void warn_of_missing_timestamps(const Interface& interface, const XdpPort& port) {
  if (port.has_clock() && !stamps_every_packet(interface).value_or(true))
    spdlog::warn("{}: the NIC does not stamp every packet it receives; 'hwstamp_ctl -i {} -r 1' has it do so",
                 interface.name, interface.name);
}

void warn_of_key_log() {
  // Its manual, section "Debugging and auditing".
  if (const char* file = secure_getenv("SSLKEYLOGFILE"))
    spdlog::warn("SSLKEYLOGFILE is set: who reads {} can decrypt every connection", file);
}

}  // namespace quicrx::cli
