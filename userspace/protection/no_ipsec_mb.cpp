// SPDX-License-Identifier: MIT
/// For builds without intel-ipsec-mb.
#include "protection/ipsec_mb.h"

namespace quicrx {

Result<std::shared_ptr<const CipherLibrary>> open_ipsec_mb(IpsecMbLevel) {
  return fail(ErrorKind::unsupported,
              "ipsec-mb: this build of quicrx is without it; build with libipsec-mb-dev (amd64 has it), or "
              "have GnuTLS protect packets");
}

}  // namespace quicrx
