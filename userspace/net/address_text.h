// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "quicrx/address.h"
#include "quicrx/result.h"

namespace quicrx {

/// "192.0.2.1", "192.0.2.1:443", "2001:db8::1" or "[2001:db8::1]:443". Without a port it is `default_port`.
Result<SocketAddress> parse_socket_address(std::string_view text, std::uint16_t default_port);

}  // namespace quicrx
