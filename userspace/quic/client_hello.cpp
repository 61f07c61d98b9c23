// SPDX-License-Identifier: MIT
#include "quic/client_hello.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "quicrx/bytes.h"

namespace quicrx {
namespace {

enum Extension : unsigned { supported_groups = 10, alpn = 16, key_share = 51 };
// Those that TlsContext offers: X25519, P-256, P-384, P-521.
constexpr std::uint16_t kX25519 = 29;
constexpr std::array<std::uint16_t, 4> kOurGroups{kX25519, 23, 24, 25};
enum Suite : std::uint16_t { aes_128_gcm = 0x1301, aes_256_gcm = 0x1302, chacha20_poly1305 = 0x1303 };

/// Takes a number of so many bytes from the front; what is not there is zero.
std::size_t take(Bytes& bytes, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | (i < bytes.size() ? bytes[i] : 0);
  bytes = bytes.subspan(std::min(size, bytes.size()));
  return value;
}

/// Takes a vector whose length comes before it in so many bytes.
Bytes take_vector(Bytes& bytes, std::size_t length_bytes) {
  const std::size_t size = std::min(take(bytes, length_bytes), bytes.size());
  const Bytes vector = bytes.first(size);
  bytes = bytes.subspan(size);
  return vector;
}

void read_alpns(Bytes extension, ClientHello& hello) {
  Bytes list = take_vector(extension, 2);
  while (!list.empty()) {
    const Bytes name = take_vector(list, 1);
    hello.alpns.emplace_back(name.begin(), name.end());
  }
}

void read_groups(Bytes extension, ClientHello& hello) {
  Bytes list = take_vector(extension, 2);
  while (!list.empty()) hello.groups.push_back(static_cast<std::uint16_t>(take(list, 2)));
}

void read_shares(Bytes extension, ClientHello& hello) {
  Bytes list = take_vector(extension, 2);
  while (!list.empty()) {
    hello.share_groups.push_back(static_cast<std::uint16_t>(take(list, 2)));
    take_vector(list, 2);
  }
}

void read_suites(Bytes message, ClientHello& hello) {
  constexpr std::size_t kVersionAndRandom = 2 + 32;
  message = message.subspan(std::min(kVersionAndRandom, message.size()));
  take_vector(message, 1);  // legacy_session_id
  Bytes list = take_vector(message, 2);
  while (!list.empty()) hello.suites.push_back(static_cast<std::uint16_t>(take(list, 2)));
}

int read_extension(void* hello, unsigned id, const unsigned char* data, unsigned size) {
  ClientHello& into = *static_cast<ClientHello*>(hello);
  if (id == alpn) read_alpns({data, size}, into);
  if (id == supported_groups) read_groups({data, size}, into);
  if (id == key_share) read_shares({data, size}, into);
  return 0;
}

}  // namespace

std::optional<std::size_t> ClientHello::choose_alpn(const std::vector<std::string>& ours) const {
  const auto chosen = std::ranges::find_if(
      ours, [&](const std::string& name) { return std::ranges::find(alpns, name) != alpns.end(); });
  if (chosen == ours.end()) return std::nullopt;
  return static_cast<std::size_t>(chosen - ours.begin());
}

bool ClientHello::takes_our_order() const {
  // Others may stand before, that mean nothing (RFC 8701).
  const auto first = std::ranges::find_if(
      suites, [](std::uint16_t suite) { return suite >= aes_128_gcm && suite <= chacha20_poly1305; });
  return first != suites.end() && *first != chacha20_poly1305 &&
         std::ranges::find(share_groups, kX25519) != share_groups.end();
}

bool ClientHello::needs_retry() const {
  if (takes_our_order()) return false;
  // GnuTLS takes the client's first group that it knows, too, and asks for it where its share did not come.
  const auto known = [](std::uint16_t group) {
    return std::ranges::find(kOurGroups, group) != kOurGroups.end();
  };
  const auto group = std::ranges::find_if(groups, known);
  return group == groups.end() || std::ranges::find(share_groups, *group) == share_groups.end();
}

std::optional<ClientHello> parse_client_hello(const gnutls_datum_t& message) {
  ClientHello hello;
  if (gnutls_ext_raw_parse(&hello, read_extension, &message, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO) < 0)
    return std::nullopt;
  read_suites({message.data, message.size}, hello);
  return hello;
}

}  // namespace quicrx
