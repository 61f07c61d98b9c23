// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <cstdint>

#include "quic/packet_content.h"
#include "quicrx/bytes.h"

namespace quicrx {

/// What this thread last decrypted: by which a connection learns whether a datagram held a packet of its
/// peer's, which ngtcp2 does not tell. Its decrypt callback gets no pointer of ours, so the note is the
/// thread's.
struct Decryption {
  std::uint64_t count = 0;  ///< packets that were authentic, since the thread began
  std::uint64_t nonce = 0;  ///< of the last: what tells it from all others under its key; ends in its number
  PacketContent content;    ///< of the last
};

const Decryption& last_decryption();

void note_decryption(Bytes nonce, Bytes payload);

/// An ngtcp2_decrypt, noted.
template <ngtcp2_decrypt decrypt>
int watched(std::uint8_t* out, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
            const std::uint8_t* in, std::size_t in_bytes, const std::uint8_t* nonce, std::size_t nonce_bytes,
            const std::uint8_t* header, std::size_t header_bytes) {
  const int error = decrypt(out, aead, context, in, in_bytes, nonce, nonce_bytes, header, header_bytes);
  if (error == 0)
    note_decryption(Bytes(nonce, nonce_bytes), Bytes(out, in_bytes - std::min(in_bytes, aead->max_overhead)));
  return error;
}

}  // namespace quicrx
