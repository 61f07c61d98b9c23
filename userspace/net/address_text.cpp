// SPDX-License-Identifier: MIT
#include "net/address_text.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <string>

namespace quicrx {

Result<SocketAddress> parse_socket_address(std::string_view text, std::uint16_t default_port) {
  const auto refuse = [&] {
    return fail(ErrorKind::usage, std::string(text) +
                                      " is no address: give 192.0.2.1, 192.0.2.1:443, 2001:db8::1 or "
                                      "[2001:db8::1]:443");
  };
  std::string ip(text);
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return refuse();
    ip = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (text.find(':') == text.rfind(':') && text.find(':') != std::string_view::npos) {
    ip = text.substr(0, text.find(':'));
    port = text.substr(text.find(':'));
  }
  std::uint16_t number = default_port;
  if (!port.empty()) {
    const char* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, number);
    if (port.front() != ':' || error != std::errc() || stop != end || number == 0) return refuse();
  }
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, ip.c_str(), bytes.data()) == 1) return SocketAddress(Bytes(bytes).first(4), number);
  if (inet_pton(AF_INET6, ip.c_str(), bytes.data()) == 1) return SocketAddress(bytes, number);
  return refuse();
}

}  // namespace quicrx
