// SPDX-License-Identifier: MIT
#include "quic/client_hello.h"

namespace quicrx {
namespace {

constexpr unsigned kTransportParameters = 57;  // RFC 9001 section 8.2

int note_extension(void* found, unsigned id, const unsigned char*, unsigned) {
  if (id == kTransportParameters) *static_cast<bool*>(found) = true;
  return 0;
}

int check(gnutls_session_t, unsigned, unsigned, unsigned, const gnutls_datum_t* message) {
  bool found = false;
  const int error =
      gnutls_ext_raw_parse(&found, note_extension, message, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
  if (error < 0) return error;
  return found ? 0 : GNUTLS_E_MISSING_EXTENSION;
}

}  // namespace

void require_transport_parameters(gnutls_session_t session) {
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, check);
}

}  // namespace quicrx
