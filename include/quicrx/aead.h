// SPDX-License-Identifier: MIT
/// By which library packets are protected.
#pragma once

#include <cstdint>

namespace quicrx {

/// What encrypts and decrypts packets (RFC 9001 section 5). TLS itself is GnuTLS's in any case.
enum class AeadLibrary : std::uint8_t {
  automatic,  ///< ipsec-mb where this build has it and the CPU what it needs, else GnuTLS
  ipsec_mb,   ///< intel-ipsec-mb, or an error that says why not
  gnutls,
};

}  // namespace quicrx
