// SPDX-License-Identifier: MIT
/// The library's own calls, with nothing of ours around them.
#pragma once

#include <cstdint>
#include <memory>

#include "protection/aead.h"
#include "quicrx/bytes.h"

namespace quicrx::bench {

class RawIpsecMb {
 public:
  RawIpsecMb(Aead aead, Bytes key);
  /// Write the tag; no comparison. 0.
  int seal(std::uint8_t* out, Bytes in, const std::uint8_t* nonce, Bytes header, std::uint8_t* tag) const;
  int open(std::uint8_t* out, Bytes in, const std::uint8_t* nonce, Bytes header, std::uint8_t* tag) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace quicrx::bench
