// SPDX-License-Identifier: MIT
/// What a packet's protection costs: by each library through the functions that ngtcp2 calls, and beside it
/// the same library's own call. Prints every sample as JSON; the subjects take turns, so that what the
/// machine does meanwhile meets all alike.
#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protection/gnutls_keys.h"
#include "protection/ipsec_mb.h"
#include "protection/key_installation.h"
#include "raw_ipsec_mb.h"

namespace quicrx::bench {
namespace {

constexpr int kRounds = 25;
constexpr int kCallsARound = 4000;
constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kMostBytes = 1350;

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "aead: %s\n", what);
  std::exit(1);
}

/// A packet to be sealed, and sealed.
struct Packet {
  explicit Packet(Aead aead) : key(key_bytes(aead), 7) {}

  std::vector<std::uint8_t> key;
  std::array<std::uint8_t, kNonceBytes> nonce{1, 2, 3};
  std::array<std::uint8_t, kHeaderBytes> header{0x40, 9, 8, 7};
  std::array<std::uint8_t, kMostBytes> payload{};
  std::array<std::uint8_t, kMostBytes + kTagBytes> sealed{};
  std::array<std::uint8_t, kMostBytes + kTagBytes> out{};
  std::size_t bytes = 0;
};

struct Subject {
  std::string name;
  std::function<int()> seal, open;  // 0: done
  std::vector<double> seal_samples, open_samples;
};

/// The functions that ngtcp2 calls, with what it gives them.
Subject by_callbacks(std::string name, const ngtcp2_callbacks& callbacks, const ngtcp2_crypto_aead& aead,
                     const ngtcp2_crypto_aead_ctx& to_seal, const ngtcp2_crypto_aead_ctx& to_open,
                     Packet& p) {
  return {.name = std::move(name),
          .seal =
              [=, &p, seal = callbacks.encrypt] {
                return seal(p.out.data(), &aead, &to_seal, p.payload.data(), p.bytes, p.nonce.data(),
                            p.nonce.size(), p.header.data(), p.header.size());
              },
          .open =
              [=, &p, open = callbacks.decrypt] {
                return open(p.out.data(), &aead, &to_open, p.sealed.data(), p.bytes + kTagBytes,
                            p.nonce.data(), p.nonce.size(), p.header.data(), p.header.size());
              },
          .seal_samples = {},
          .open_samples = {}};
}

Subject raw_gnutls(Aead aead, Packet& p) {
  const gnutls_datum_t key{p.key.data(), static_cast<unsigned>(p.key.size())};
  gnutls_aead_cipher_hd_t cipher = nullptr;
  require(gnutls_aead_cipher_init(&cipher, gnutls_name(aead), &key) == 0, "GnuTLS has no such cipher");
  return {.name = "raw gnutls",
          .seal =
              [cipher, &p] {
                std::size_t written = p.out.size();
                return gnutls_aead_cipher_encrypt(cipher, p.nonce.data(), p.nonce.size(), p.header.data(),
                                                  p.header.size(), kTagBytes, p.payload.data(), p.bytes,
                                                  p.out.data(), &written);
              },
          .open =
              [cipher, &p] {
                std::size_t written = p.out.size();
                return gnutls_aead_cipher_decrypt(cipher, p.nonce.data(), p.nonce.size(), p.header.data(),
                                                  p.header.size(), kTagBytes, p.sealed.data(),
                                                  p.bytes + kTagBytes, p.out.data(), &written);
              },
          .seal_samples = {},
          .open_samples = {}};
}

/// ngtcp2's own functions. (The contexts last as long as the process.)
Subject by_gnutls(Aead aead, Packet& p) {
  const ngtcp2_crypto_aead named{.native_handle = reinterpret_cast<void*>(gnutls_name(aead)),
                                 .max_overhead = kTagBytes};
  ngtcp2_crypto_aead_ctx to_seal{}, to_open{};
  require(ngtcp2_crypto_aead_ctx_encrypt_init(&to_seal, &named, p.key.data(), kNonceBytes) == 0 &&
              ngtcp2_crypto_aead_ctx_decrypt_init(&to_open, &named, p.key.data(), kNonceBytes) == 0,
          "ngtcp2 made no key");
  ngtcp2_callbacks callbacks{};
  callbacks.encrypt = ngtcp2_crypto_encrypt_cb;
  callbacks.decrypt = ngtcp2_crypto_decrypt_cb;
  return by_callbacks("ngtcp2 gnutls", callbacks, named, to_seal, to_open, p);
}

Subject by_ipsec_mb(const CipherLibrary& library, Aead aead, Packet& p) {
  ngtcp2_callbacks callbacks{};
  add_protection(callbacks);
  const ngtcp2_crypto_aead_ctx context{.native_handle = library.packet_key(aead, p.key).release()};
  require(context.native_handle != nullptr, "ipsec-mb made no key");
  return by_callbacks("quicrx ipsec-mb", callbacks, {.native_handle = nullptr, .max_overhead = kTagBytes},
                      context, context, p);
}

double nanoseconds_a_call(const std::function<int()>& call) {
  int failed = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kCallsARound; ++i) failed |= call();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  require(failed == 0, "a call failed");
  return took.count() / kCallsARound;
}

void measure(std::vector<Subject>& subjects) {
  for (int round = 0; round <= kRounds; ++round)  // the first warms up
    for (Subject& subject : subjects) {
      const double open = nanoseconds_a_call(subject.open), seal = nanoseconds_a_call(subject.seal);
      if (round == 0) continue;
      subject.open_samples.push_back(open);
      subject.seal_samples.push_back(seal);
    }
}

void add_cases(nlohmann::ordered_json& cases, const std::string& cipher, std::size_t bytes,
               const std::vector<Subject>& subjects) {
  for (const Subject& subject : subjects)
    for (const auto& [operation, samples] :
         {std::pair("open", &subject.open_samples), std::pair("seal", &subject.seal_samples)})
      cases.push_back({{"cipher", cipher},
                       {"operation", operation},
                       {"bytes", bytes},
                       {"subject", subject.name},
                       {"samples", *samples}});
}

int run() {
  const auto library = open_ipsec_mb();
  nlohmann::ordered_json cases = nlohmann::json::array();
  for (const Aead aead : {Aead::aes_128_gcm, Aead::aes_256_gcm, Aead::chacha20_poly1305})
    for (const std::size_t bytes : {64, 400, 1350}) {
      Packet packet(aead);
      packet.bytes = bytes;
      const auto key = GnutlsPacketKey::make(aead, packet.key);
      require(key && key->seal(packet.sealed.data(), Bytes(packet.payload).first(bytes), packet.nonce,
                               packet.header),
              "no packet to open");
      std::vector<Subject> subjects{by_gnutls(aead, packet), raw_gnutls(aead, packet)};
      if (library) {
        subjects.push_back(by_ipsec_mb(**library, aead, packet));
        RawIpsecMb raw(aead, packet.key);
        subjects.push_back({.name = "raw ipsec-mb",
                            .seal =
                                [raw, &packet] {
                                  return raw.seal(
                                      packet.out.data(), Bytes(packet.payload).first(packet.bytes),
                                      packet.nonce.data(), packet.header, packet.out.data() + packet.bytes);
                                },
                            .open =
                                [raw, &packet] {
                                  std::array<std::uint8_t, kTagBytes> tag;
                                  return raw.open(packet.out.data(), Bytes(packet.sealed).first(packet.bytes),
                                                  packet.nonce.data(), packet.header, tag.data());
                                },
                            .seal_samples = {},
                            .open_samples = {}});
      }
      measure(subjects);
      add_cases(cases, gnutls_cipher_get_name(gnutls_name(aead)), bytes, subjects);
    }
  const nlohmann::ordered_json page{{"unit", "ns"},
                                    {"instructions", library ? (*library)->instructions() : ""},
                                    {"cases", std::move(cases)}};
  std::printf("%s\n", page.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace quicrx::bench

int main() {
  return quicrx::bench::run();
}
