// SPDX-License-Identifier: MIT
/// Keys of GnuTLS, for what another library lacks.
#pragma once

#include <gnutls/crypto.h>

#include <memory>

#include "protection/keys.h"

namespace quicrx {

class GnutlsPacketKey final : public PacketKey {
 public:
  /// Null when memory is out.
  static std::unique_ptr<PacketKey> make(Aead aead, Bytes key);
  explicit GnutlsPacketKey(gnutls_aead_cipher_hd_t cipher) : cipher_(cipher) {}

  bool seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const override;
  bool open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const override;

 private:
  struct Deleter {
    void operator()(gnutls_aead_cipher_hd_t cipher) const { gnutls_aead_cipher_deinit(cipher); }
  };
  std::unique_ptr<api_aead_cipher_hd_st, Deleter> cipher_;
};

/// RFC 9001 section 5.4.4.
class GnutlsChachaHeaderKey final : public HeaderKey {
 public:
  static std::unique_ptr<HeaderKey> make(Bytes key);
  explicit GnutlsChachaHeaderKey(gnutls_cipher_hd_t cipher) : cipher_(cipher) {}

  bool mask(Sample sample, Mask mask) const override;

 private:
  struct Deleter {
    void operator()(gnutls_cipher_hd_t cipher) const { gnutls_cipher_deinit(cipher); }
  };
  std::unique_ptr<api_cipher_hd_st, Deleter> cipher_;
};

}  // namespace quicrx
