// SPDX-License-Identifier: MIT
#include "protection/key_installation.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "protection/key_derivation.h"
#include "protection/latent_key.h"

namespace quicrx {
namespace {

/// The keys of one direction, until ngtcp2 has taken them.
struct DirectionKeys {
  std::unique_ptr<PacketKey> packet;
  std::unique_ptr<HeaderKey> header;
  std::array<std::uint8_t, kNonceBytes> iv{};
  ngtcp2_crypto_aead_ctx packet_context{};
  ngtcp2_crypto_cipher_ctx header_context{};

  /// Hands them over where a call of ngtcp2's has succeeded; else they go.
  bool taken(int error) {
    if (error != 0) return false;
    (void)packet.release();
    (void)header.release();
    return true;
  }
};

std::optional<DirectionKeys> make_keys(const CipherLibrary& library, const TlsSecret& secret,
                                       std::uint32_t version, Aead aead) {
  RawPacketKey raw;
  RawKey raw_header;
  if (!derive_packet_key(secret, version, aead, raw) || !derive_header_key(secret, version, aead, raw_header))
    return std::nullopt;
  DirectionKeys keys;
  keys.packet = library.packet_key(aead, Bytes(raw.key.value).first(key_bytes(aead)));
  keys.header = library.header_key(aead, Bytes(raw_header.value).first(key_bytes(aead)));
  if (!keys.packet || !keys.header) return std::nullopt;
  keys.iv = raw.iv;
  keys.packet_context.native_handle = keys.packet.get();
  keys.header_context.native_handle = keys.header.get();
  return keys;
}

struct BothKeys {
  std::optional<DirectionKeys> receive, send;
};

std::optional<BothKeys> make_initial_keys(const CipherLibrary& library, std::uint32_t version,
                                          const ngtcp2_cid* destination) {
  InitialSecrets secrets;
  if (!derive_initial_secrets(version, {destination->data, destination->datalen}, secrets))
    return std::nullopt;
  BothKeys keys{.receive = make_keys(library, {.bytes = secrets.client.value}, version, Aead::aes_128_gcm),
                .send = make_keys(library, {.bytes = secrets.server.value}, version, Aead::aes_128_gcm)};
  if (!keys.receive || !keys.send) return std::nullopt;
  return keys;
}

/// Of a level's context ngtcp2 itself reads no more than the tag's size and the limits of the AEAD, of which
/// Initial packets have none.
ngtcp2_crypto_ctx initial_context() {
  ngtcp2_crypto_ctx context{};
  context.aead.max_overhead = kTagBytes;
  return context;
}

/// What a level's keys are made for. None: TLS has chosen a cipher that QUIC has not.
struct LevelCipher {
  Aead aead;
  gnutls_mac_algorithm_t hash;
  std::uint32_t version;
};

/// As ngtcp2_crypto's context names them: by GnuTLS's numbers.
std::optional<LevelCipher> cipher_of(const ngtcp2_crypto_ctx& context, std::uint32_t version) {
  const auto number = [](const void* handle) { return reinterpret_cast<std::uintptr_t>(handle); };
  const auto aead = aead_named(static_cast<gnutls_cipher_algorithm_t>(number(context.aead.native_handle)));
  if (!aead) return std::nullopt;
  return LevelCipher{*aead, static_cast<gnutls_mac_algorithm_t>(number(context.md.native_handle)), version};
}

std::optional<LevelCipher> prepare_early(ngtcp2_conn* conn, gnutls_session_t session) {
  ngtcp2_crypto_ctx context{};
  if (ngtcp2_crypto_ctx_tls_early(&context, session) == nullptr) return std::nullopt;
  ngtcp2_conn_set_0rtt_crypto_ctx(conn, &context);
  return cipher_of(context, ngtcp2_conn_get_client_chosen_version(conn));
}

/// What the handshake has agreed on. The session may be gone by now: ngtcp2 has kept what prepare() gave.
std::optional<LevelCipher> agreed(ngtcp2_conn* conn) {
  return cipher_of(*ngtcp2_conn_get_crypto_ctx(conn), ngtcp2_conn_get_negotiated_version(conn));
}

std::optional<LevelCipher> prepare(ngtcp2_conn* conn, gnutls_session_t session) {
  if (ngtcp2_conn_get_crypto_ctx(conn)->aead.native_handle == nullptr) {
    ngtcp2_crypto_ctx context{};
    if (ngtcp2_crypto_ctx_tls(&context, session) == nullptr) return std::nullopt;
    ngtcp2_conn_set_crypto_ctx(conn, &context);
  }
  return agreed(conn);
}

int give_to_receive(ngtcp2_conn* conn, ngtcp2_encryption_level level, Bytes secret,
                    const DirectionKeys& keys) {
  const auto* packet = &keys.packet_context;
  const auto* header = &keys.header_context;
  switch (level) {
    case NGTCP2_ENCRYPTION_LEVEL_0RTT:
      return ngtcp2_conn_install_0rtt_key(conn, packet, keys.iv.data(), keys.iv.size(), header);
    case NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE:
      return ngtcp2_conn_install_rx_handshake_key(conn, packet, keys.iv.data(), keys.iv.size(), header);
    default:
      return ngtcp2_conn_install_rx_key(conn, secret.data(), secret.size(), packet, keys.iv.data(),
                                        keys.iv.size(), header);
  }
}

int give_to_send(ngtcp2_conn* conn, ngtcp2_encryption_level level, Bytes secret, const DirectionKeys& keys) {
  const auto* packet = &keys.packet_context;
  const auto* header = &keys.header_context;
  if (level == NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE)
    return ngtcp2_conn_install_tx_handshake_key(conn, packet, keys.iv.data(), keys.iv.size(), header);
  return ngtcp2_conn_install_tx_key(conn, secret.data(), secret.size(), packet, keys.iv.data(),
                                    keys.iv.size(), header);
}

/// The next key of one direction: RFC 9001 section 6.1.
bool update_key(const CipherLibrary& library, const TlsSecret& current, const LevelCipher& cipher,
                std::uint8_t* next_secret, ngtcp2_crypto_aead_ctx& context, std::uint8_t* iv) {
  const MutableBytes next(next_secret, current.bytes.size());
  RawPacketKey raw;
  if (!derive_next_secret(current, cipher.version, next) ||
      !derive_packet_key({.hash = current.hash, .bytes = next}, cipher.version, cipher.aead, raw))
    return false;
  // Most connections end before their keys are old: until it has a packet, the key is no more than its bytes.
  std::unique_ptr<PacketKey> key(new (std::nothrow) LatentKey(library, cipher.aead, raw.key.value));
  std::ranges::copy(raw.iv, iv);
  context.native_handle = key.release();
  return context.native_handle != nullptr;
}

}  // namespace

int install_initial_keys(const CipherLibrary& library, ngtcp2_conn* conn, const ngtcp2_cid* destination) {
  auto keys = make_initial_keys(library, ngtcp2_conn_get_client_chosen_version(conn), destination);
  if (!keys) return NGTCP2_ERR_CALLBACK_FAILURE;
  auto& [receive, send] = *keys;
  const ngtcp2_crypto_ctx context = initial_context();
  ngtcp2_conn_set_initial_crypto_ctx(conn, &context);
  const int error = ngtcp2_conn_install_initial_key(conn, &receive->packet_context, receive->iv.data(),
                                                    &receive->header_context, &send->packet_context,
                                                    send->iv.data(), &send->header_context, kNonceBytes);
  return receive->taken(error) && send->taken(error) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int install_negotiated_initial_keys(const CipherLibrary& library, ngtcp2_conn* conn, std::uint32_t version,
                                    const ngtcp2_cid* destination) {
  auto keys = make_initial_keys(library, version, destination);
  if (!keys) return NGTCP2_ERR_CALLBACK_FAILURE;
  auto& [receive, send] = *keys;
  const int error = ngtcp2_conn_install_vneg_initial_key(
      conn, version, &receive->packet_context, receive->iv.data(), &receive->header_context,
      &send->packet_context, send->iv.data(), &send->header_context, kNonceBytes);
  return receive->taken(error) && send->taken(error) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

bool install_keys(const CipherLibrary& library, ngtcp2_conn* conn, gnutls_session_t session,
                  ngtcp2_encryption_level level, const std::uint8_t* receive_secret,
                  const std::uint8_t* send_secret, std::size_t secret_bytes) {
  const bool early = level == NGTCP2_ENCRYPTION_LEVEL_0RTT;
  const auto cipher = early ? prepare_early(conn, session) : prepare(conn, session);
  if (!cipher) return false;
  const auto make = [&](const std::uint8_t* secret) {
    return make_keys(library, {.hash = cipher->hash, .bytes = {secret, secret_bytes}}, cipher->version,
                     cipher->aead);
  };
  if (receive_secret != nullptr) {
    auto keys = make(receive_secret);
    if (!keys || !keys->taken(give_to_receive(conn, level, {receive_secret, secret_bytes}, *keys)))
      return false;
  }
  if (send_secret == nullptr || early) return true;  // a server sends no 0-RTT
  auto keys = make(send_secret);
  return keys && keys->taken(give_to_send(conn, level, {send_secret, secret_bytes}, *keys));
}

int update_keys(const CipherLibrary& library, ngtcp2_conn* conn, std::uint8_t* receive_secret,
                std::uint8_t* send_secret, ngtcp2_crypto_aead_ctx* receive, std::uint8_t* receive_iv,
                ngtcp2_crypto_aead_ctx* send, std::uint8_t* send_iv,
                const std::uint8_t* current_receive_secret, const std::uint8_t* current_send_secret,
                std::size_t secret_bytes) {
  const auto cipher = agreed(conn);
  if (!cipher) return NGTCP2_ERR_CALLBACK_FAILURE;
  const auto update = [&](const std::uint8_t* current, std::uint8_t* next, ngtcp2_crypto_aead_ctx& context,
                          std::uint8_t* iv) {
    return update_key(library, {.hash = cipher->hash, .bytes = {current, secret_bytes}}, *cipher, next,
                      context, iv);
  };
  if (!update(current_receive_secret, receive_secret, *receive, receive_iv))
    return NGTCP2_ERR_CALLBACK_FAILURE;
  if (update(current_send_secret, send_secret, *send, send_iv)) return 0;
  delete static_cast<PacketKey*>(std::exchange(receive->native_handle, nullptr));
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

}  // namespace quicrx
