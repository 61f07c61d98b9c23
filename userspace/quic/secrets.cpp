// SPDX-License-Identifier: MIT
#include "quic/secrets.h"

#include <gnutls/crypto.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>

#include "protection/datum.h"
#include "quic/random.h"

namespace quicrx {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// HKDF-Expand with SHA-256; the secrets are uniform, so there is nothing to extract.
void derive(const Secrets::Secret& secret, std::string_view label, Bytes context, MutableBytes out) {
  std::vector<std::uint8_t> info(label.begin(), label.end());
  info.insert(info.end(), context.begin(), context.end());
  const gnutls_datum_t key = datum(secret);
  const gnutls_datum_t info_data = datum(info);
  // Fails only for lengths that HKDF does not have.
  if (gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &info_data, out.data(), out.size()) != 0) std::abort();
}

bool parse_hex(std::string_view text, Secrets::Secret& secret) {
  if (text.size() != 2 * secret.size()) return false;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const char* first = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(first, first + 2, secret[i], 16);
    if (error != std::errc() || end != first + 2) return false;
  }
  return true;
}

}  // namespace

Secrets Secrets::random() {
  Secret secret{};
  fill_random(secret);
  return Secrets({secret});
}

Result<Secrets> Secrets::load(const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    const ErrorKind kind = errno == EACCES ? ErrorKind::permission : ErrorKind::not_found;
    return fail(kind, "secrets " + file + ": " + std::strerror(errno) + "; 'openssl rand -hex 32 >" + file +
                          "' makes one");
  }
  std::vector<Secret> secrets;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    line.erase(std::min(line.find('#'), line.size()));
    while (!line.empty() && std::strchr(" \t\r", line.back()) != nullptr) line.pop_back();
    if (line.empty()) continue;
    Secret secret{};
    if (!parse_hex(line, secret))
      return fail(ErrorKind::usage, "secrets " + file + ", line " + std::to_string(number) +
                                        ": not 64 hexadecimal digits; 'openssl rand -hex 32' prints some");
    secrets.push_back(secret);
  }
  if (secrets.empty())
    return fail(ErrorKind::usage,
                "secrets " + file + ": empty; 'openssl rand -hex 32 >" + file + "' makes one");
  return Secrets(std::move(secrets));
}

Secrets::Key Secrets::reset_key(std::string_view server) const {
  Key key{};
  derive(secrets_.front(), "quicrx stateless reset", bytes_of(server), key);
  return key;
}

Secrets::Key Secrets::token_key(std::size_t which, std::int64_t period) const {
  Key key{};
  derive(secrets_[which], "quicrx address token",
         Bytes(reinterpret_cast<const std::uint8_t*>(&period), sizeof(period)), key);
  return key;
}

Secrets::TicketKey Secrets::ticket_key(std::string_view promise) const {
  TicketKey key{};
  derive(secrets_.front(), "quicrx session ticket", bytes_of(promise), key);
  return key;
}

}  // namespace quicrx
