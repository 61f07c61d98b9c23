// SPDX-License-Identifier: MIT
/// What `run` says in its log when it begins to serve an interface.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "port/xdp_port.h"
#include "protection/keys.h"
#include "xdp/interface.h"
#include "xdp/steering.h"

namespace quicrx::cli {

/// "zero copy", or "copy mode" and why.
std::string copy_text(const XdpPort& port, const Interface& interface, const Attachment& attachment);
/// ", receive metadata ..."; empty without.
std::string metadata_text(const XdpPort& port);

/// "ipsec-mb (AVX2)" or "GnuTLS".
std::string protection_text(const CipherLibrary* library);

/// Of queues whose packets the kernel's sockets get.
void warn_of_unserved_queues(const Interface& interface, const std::vector<std::uint32_t>& queues);
/// Of ports that are steered here beside the one that is reserved.
void warn_of_other_ports(const Interface& interface, std::uint16_t reserved);
/// A NIC stamps packets only when it was told to.
void warn_of_missing_timestamps(const Interface& interface, const XdpPort& port);
/// GnuTLS writes TLS secrets to a file when it is told to by the environment.
void warn_of_key_log();

}  // namespace quicrx::cli
