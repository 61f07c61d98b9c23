// SPDX-License-Identifier: MIT
#include "quic/random.h"

#include <gnutls/crypto.h>

#include <array>
#include <bit>
#include <cstdlib>

namespace quicrx {

void fill_random(MutableBytes out) {
  // Without randomness nothing here is safe, and GnuTLS fails so only when the kernel gives none.
  if (gnutls_rnd(GNUTLS_RND_RANDOM, out.data(), out.size()) != 0) std::abort();
}

SipHashKey random_siphash_key() {
  std::array<std::uint8_t, sizeof(SipHashKey)> bytes{};
  fill_random(bytes);
  return std::bit_cast<SipHashKey>(bytes);
}

}  // namespace quicrx
