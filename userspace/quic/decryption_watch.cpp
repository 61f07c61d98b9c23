// SPDX-License-Identifier: MIT
#include "quic/decryption_watch.h"

#include <algorithm>

namespace quicrx {
namespace {

thread_local Decryption last;

}  // namespace

const Decryption& last_decryption() {
  return last;
}

void note_decryption(Bytes nonce, Bytes payload) {
  ++last.count;
  last.nonce = 0;
  for (const std::uint8_t byte : nonce.last(std::min<std::size_t>(nonce.size(), 8)))
    last.nonce = last.nonce << 8 | byte;
  last.content = read_content(payload);
}

}  // namespace quicrx
