// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>

#include "protection/keys.h"
#include "protection/wiped.h"

namespace quicrx {

/// A key that is made of its bytes when it first has a packet: the library's own is twenty times as large.
class LatentKey final : public PacketKey {
 public:
  using Raw = std::array<std::uint8_t, 32>;

  /// `library` outlives it; of `raw`, what the AEAD needs.
  LatentKey(const CipherLibrary& library, Aead aead, const Raw& raw) : library_(library), aead_(aead) {
    raw_.value = raw;
  }

  bool seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const override {
    return made() && key_->seal(out, payload, nonce, header);
  }
  bool open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const override {
    return made() && key_->open(out, sealed, nonce, header);
  }

 private:
  bool made() const {
    if (!key_) key_ = library_.packet_key(aead_, Bytes(raw_.value).first(key_bytes(aead_)));
    return key_ != nullptr;
  }

  const CipherLibrary& library_;
  Aead aead_;
  Wiped<Raw> raw_;
  mutable std::unique_ptr<PacketKey> key_;
};

}  // namespace quicrx
