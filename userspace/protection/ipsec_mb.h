// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "protection/keys.h"
#include "quicrx/aead.h"
#include "quicrx/result.h"

namespace quicrx {

/// Which of its implementations intel-ipsec-mb is to use: the best for the CPU, unless tests ask for another.
enum class IpsecMbLevel : std::uint8_t { best, sse, avx2, avx512 };

/// intel-ipsec-mb. The error says what is missing: it in this build, or instructions of the CPU.
Result<std::shared_ptr<const CipherLibrary>> open_ipsec_mb(IpsecMbLevel level = IpsecMbLevel::best);

/// What packets are to be protected by; null: GnuTLS, by ngtcp2's own callbacks.
Result<std::shared_ptr<const CipherLibrary>> choose_cipher_library(AeadLibrary wanted);

}  // namespace quicrx
