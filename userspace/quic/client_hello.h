// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

namespace quicrx {

/// Has a handshake end in missing_extension when the ClientHello carries no QUIC transport parameters (RFC
/// 9001 section 8.2), which GnuTLS does not know of.
void require_transport_parameters(gnutls_session_t session);

}  // namespace quicrx
