// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>

#include "net/checksum.h"

namespace quicrx {

/// The UDP checksum as RFC 768 and RFC 8200 section 8.1 define it, for a look at one that was put together
/// otherwise. `udp` is the header, its checksum field zero, and the payload behind it.
inline std::uint16_t udp_checksum(Bytes source_ip, Bytes destination_ip, Bytes udp) noexcept {
  ChecksumSum sum;
  sum.add(source_ip);
  sum.add(destination_ip);
  sum.add_word(IPPROTO_UDP);
  sum.add_word(static_cast<std::uint16_t>(udp.size()));
  sum.add(udp);
  return sum.finish_udp();
}

}  // namespace quicrx
