// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <cstdint>
#include <memory>
#include <span>

#include "protection/aead.h"
#include "quicrx/bytes.h"

namespace quicrx {

/// Protects the payloads of packets in one direction (RFC 9001 section 5.3), and is wiped when it goes.
///
/// Of one connection and its thread. It allocates when it is made, or has its first packet, and never again.
class PacketKey {
 public:
  using Nonce = std::span<const std::uint8_t, kNonceBytes>;

  PacketKey() = default;
  virtual ~PacketKey() = default;
  PacketKey(const PacketKey&) = delete;
  PacketKey& operator=(const PacketKey&) = delete;

  /// Writes the ciphertext and the tag: kTagBytes more than the payload. `out` is where the payload lies, or
  /// apart from it. False: the library failed.
  virtual bool seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const = 0;

  /// Writes the payload: kTagBytes less than what is sealed, with `out` as above. False: it is not authentic,
  /// and what was written must not be used.
  virtual bool open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const = 0;
};

/// Makes the masks of packets' headers in one direction (RFC 9001 section 5.4), and is wiped when it goes.
class HeaderKey {
 public:
  using Sample = std::span<const std::uint8_t, NGTCP2_HP_SAMPLELEN>;
  using Mask = std::span<std::uint8_t, NGTCP2_HP_MASKLEN>;

  HeaderKey() = default;
  virtual ~HeaderKey() = default;
  HeaderKey(const HeaderKey&) = delete;
  HeaderKey& operator=(const HeaderKey&) = delete;

  virtual bool mask(Sample sample, Mask mask) const = 0;
};

/// Makes keys. Immutable, so that any number of threads may share one.
class CipherLibrary {
 public:
  CipherLibrary() = default;
  virtual ~CipherLibrary() = default;
  CipherLibrary(const CipherLibrary&) = delete;
  CipherLibrary& operator=(const CipherLibrary&) = delete;

  /// Of key_bytes(aead); null when memory is out.
  [[nodiscard]] virtual std::unique_ptr<PacketKey> packet_key(Aead aead, Bytes key) const = 0;
  [[nodiscard]] virtual std::unique_ptr<HeaderKey> header_key(Aead aead, Bytes key) const = 0;
  /// The instructions that it uses, for people: "AVX-512 with VAES".
  [[nodiscard]] virtual const char* instructions() const = 0;
};

}  // namespace quicrx
