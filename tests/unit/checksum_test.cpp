// SPDX-License-Identifier: MIT
#include "net/checksum.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "udp_checksum.h"

namespace quicrx {
namespace {

std::uint16_t checksum_of(Bytes bytes) {
  ChecksumSum sum;
  sum.add(bytes);
  return ntohs(sum.finish());
}

/// RFC 1071 section 4.1, word by word.
std::uint16_t plain_checksum(Bytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += bytes[i] * (i % 2 == 0 ? 256u : 1u);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

TEST(Checksum, OfTheExampleInRfc1071) {
  const std::vector<std::uint8_t> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_of(bytes), static_cast<std::uint16_t>(~0xddf2));
}

TEST(Checksum, OfAKnownIpv4Header) {
  const std::vector<std::uint8_t> header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                         0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  EXPECT_EQ(checksum_of(header), 0xb861);
}

TEST(Checksum, AgreesWithTheWordByWordSumAtEveryLength) {
  std::mt19937 random(1);
  std::vector<std::uint8_t> bytes(1600);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  for (std::size_t length = 0; length <= bytes.size(); ++length)
    ASSERT_EQ(checksum_of(Bytes(bytes).first(length)), plain_checksum(Bytes(bytes).first(length))) << length;
  const std::vector<std::uint8_t> ones(1500, 0xff);
  EXPECT_EQ(checksum_of(ones), plain_checksum(ones));
}

TEST(Checksum, OfAKnownUdpDatagram) {
  // 192.0.2.1:4660 to 192.0.2.2:443, "hi"; the value by another implementation.
  const std::vector<std::uint8_t> source{192, 0, 2, 1}, destination{192, 0, 2, 2};
  const std::vector<std::uint8_t> udp{0x12, 0x34, 0x01, 0xbb, 0x00, 0x0a, 0x00, 0x00, 'h', 'i'};
  EXPECT_EQ(ntohs(udp_checksum(source, destination, udp)), 0xff7d);
}

TEST(Checksum, OfUdpIsNeverSentAsZero) {
  // A datagram whose sum is all ones would have the checksum 0, which means "none" (RFC 768).
  const std::vector<std::uint8_t> ip{0, 0, 0, 0};
  std::vector<std::uint8_t> udp{0, 0, 0, 0, 0, 10, 0, 0, 0, 0};
  const auto rest = static_cast<std::uint16_t>(0xffff - 17 - 10 - 10);
  udp[8] = static_cast<std::uint8_t>(rest >> 8);
  udp[9] = static_cast<std::uint8_t>(rest);
  EXPECT_EQ(udp_checksum(ip, ip, udp), 0xffff);
}

}  // namespace
}  // namespace quicrx
