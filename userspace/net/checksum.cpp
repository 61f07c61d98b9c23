// SPDX-License-Identifier: MIT
#include "net/checksum.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace quicrx {

void ChecksumSum::add(Bytes bytes) noexcept {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    add_carry(word);
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, left);  // an odd last byte is padded with zero
    add_carry(word);
  }
}

void ChecksumSum::add_word(std::uint16_t word) noexcept {
  add_carry(htons(word));
}

std::uint16_t ChecksumSum::finish() const noexcept {
  std::uint64_t sum = (sum_ >> 32) + (sum_ & 0xffffffff);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>(~sum);
}

std::uint16_t udp_checksum(Bytes source_ip, Bytes destination_ip, Bytes udp) noexcept {
  ChecksumSum sum;
  sum.add(source_ip);
  sum.add(destination_ip);
  sum.add_word(IPPROTO_UDP);
  sum.add_word(static_cast<std::uint16_t>(udp.size()));
  sum.add(udp);
  const std::uint16_t checksum = sum.finish();
  return checksum == 0 ? 0xffff : checksum;
}

}  // namespace quicrx
