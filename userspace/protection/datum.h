// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include "quicrx/bytes.h"

namespace quicrx {

/// Bytes as GnuTLS takes them, which does not write to what it only reads.
inline gnutls_datum_t datum(Bytes bytes) {
  return {const_cast<std::uint8_t*>(bytes.data()), static_cast<unsigned>(bytes.size())};
}

}  // namespace quicrx
