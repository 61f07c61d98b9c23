// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/run_options.h"
#include "quicrx/address.h"
#include "quicrx/result.h"

namespace quicrx::cli {

/// Where a server by sockets listens.
struct ListenAddresses {
  std::optional<SocketAddress> ipv4, ipv6;
  /// "udp:443" of --port; of --listen with the addresses: "udp:192.0.2.1:443,[::1]:443".
  std::string name;

  /// One of a family.
  [[nodiscard]] std::uint16_t port() const { return ipv4 ? ipv4->port() : ipv6 ? ipv6->port() : 0; }
};

/// What --listen names, or --port on every address. The error names the word.
Result<ListenAddresses> listen_addresses(const RunOptions& options);

}  // namespace quicrx::cli
