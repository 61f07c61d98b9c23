// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include "quic/address_tokens.h"

namespace quicrx {

/// An Initial that may open a connection, and what its token proved. Points into its datagram.
struct Admission {
  ngtcp2_pkt_hd initial{};
  AddressTokens::Proof proof = AddressTokens::Proof::none;
  ngtcp2_cid original_id{};  ///< the client's first destination, before the Retry (Proof::retry)

  [[nodiscard]] bool proven() const {
    return proof == AddressTokens::Proof::retry || proof == AddressTokens::Proof::earlier;
  }
};

}  // namespace quicrx
