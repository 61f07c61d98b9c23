// SPDX-License-Identifier: MIT
#include "net/checksum.h"

#include <arpa/inet.h>

#include <cstring>

namespace quicrx {
namespace {

constexpr std::size_t kBlockBytes = 64;

/// Sums 32-bit words in lanes of 64 bits, which no packet is long enough to fill: nothing carries. Four sums
/// that do not wait for each other.
template <typename Vector>
[[gnu::always_inline]] inline std::uint64_t sum_lanes(const std::uint8_t* at, std::size_t blocks) noexcept {
  constexpr std::uint64_t kLow = 0xffffffff;
  Vector a{}, b{}, c{}, d{};
  for (std::size_t left = blocks * kBlockBytes / (2 * sizeof(Vector)); left > 0; --left) {
    Vector first, second;
    std::memcpy(&first, at, sizeof(Vector));
    std::memcpy(&second, at + sizeof(Vector), sizeof(Vector));
    at += 2 * sizeof(Vector);
    a += first & kLow;
    b += first >> 32;
    c += second & kLow;
    d += second >> 32;
  }
  const Vector sums = a + b + c + d;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sizeof(Vector) / sizeof(sum); ++i) sum += sums[i];
  return sum;
}

using Lanes2 [[gnu::vector_size(16)]] = std::uint64_t;

#ifdef __x86_64__
using Lanes4 [[gnu::vector_size(32)]] = std::uint64_t;

[[gnu::target("avx2")]] std::uint64_t sum_by_avx2(const std::uint8_t* at, std::size_t blocks) noexcept {
  return sum_lanes<Lanes4>(at, blocks);
}

std::uint64_t sum_blocks(const std::uint8_t* at, std::size_t blocks) noexcept {
  return __builtin_cpu_supports("avx2") ? sum_by_avx2(at, blocks) : sum_lanes<Lanes2>(at, blocks);
}
#else
std::uint64_t sum_blocks(const std::uint8_t* at, std::size_t blocks) noexcept {
  return sum_lanes<Lanes2>(at, blocks);
}
#endif

}  // namespace

void ChecksumSum::add(Bytes bytes) noexcept {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  if (const std::size_t blocks = left / kBlockBytes; blocks > 0) {
    add_carry(sum_blocks(at, blocks));
    at += blocks * kBlockBytes;
    left -= blocks * kBlockBytes;
  }
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

std::uint16_t ChecksumSum::finish_udp() const noexcept {
  const std::uint16_t checksum = finish();
  return checksum == 0 ? 0xffff : checksum;
}

}  // namespace quicrx
