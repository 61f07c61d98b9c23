// SPDX-License-Identifier: MIT
#include "cli/listen_addresses.h"

#include "net/address_text.h"

namespace quicrx::cli {
namespace {

Result<SocketAddress> parse(const std::string& text) {
  auto address = parse_socket_address(text, 0);
  if (!address) return fail(address.error().kind, "--listen: " + address.error().message);
  if (address->port() == 0)
    return fail(ErrorKind::usage,
                "--listen: " + text + " has no port; write it as 127.0.0.1:4433 or [::1]:4433");
  if (!address->is_unspecified() && !address->is_unicast())
    return fail(ErrorKind::usage, "--listen: " + text + " is no host's address");
  return address;
}

}  // namespace

Result<ListenAddresses> listen_addresses(const RunOptions& options) {
  ListenAddresses listen;
  if (options.listen.empty()) {
    listen.ipv4 = SocketAddress::any_ipv4(options.port);
    listen.ipv6 = SocketAddress::any_ipv6(options.port);
    listen.name = "udp:" + std::to_string(options.port);
    return listen;
  }
  for (const std::string& text : options.listen) {
    const auto address = parse(text);
    if (!address) return tl::unexpected(address.error());
    auto& place = address->is_ipv6() ? listen.ipv6 : listen.ipv4;
    if (place) return fail(ErrorKind::usage, "--listen: more than one of the same IP version");
    place = *address;
  }
  if (listen.ipv4) listen.name = listen.ipv4->to_string();
  if (listen.ipv6) listen.name += (listen.ipv4 ? "," : "") + listen.ipv6->to_string();
  listen.name.insert(0, "udp:");
  return listen;
}

}  // namespace quicrx::cli
