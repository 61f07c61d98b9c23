// SPDX-License-Identifier: MIT
#include "protection/ipsec_mb.h"

namespace quicrx {

Result<std::shared_ptr<const CipherLibrary>> choose_cipher_library(AeadLibrary wanted) {
  if (wanted == AeadLibrary::gnutls) return nullptr;
  auto library = open_ipsec_mb();
  if (!library && wanted == AeadLibrary::automatic) return nullptr;
  return library;
}

}  // namespace quicrx
