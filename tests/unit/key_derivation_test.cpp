// SPDX-License-Identifier: MIT
/// Keys from secrets, as RFC 9001 appendix A and RFC 9369 appendix A have them.
#include <gtest/gtest.h>
#include <ngtcp2/ngtcp2.h>

#include "hex.h"
#include "protection/key_derivation.h"

namespace quicrx::test {
namespace {

void expect_keys(Bytes secret, std::uint32_t version, Aead aead, std::string_view key, std::string_view iv,
                 std::string_view header_key) {
  RawPacketKey packet;
  RawKey header;
  ASSERT_TRUE(derive_packet_key({.bytes = secret}, version, aead, packet));
  ASSERT_TRUE(derive_header_key({.bytes = secret}, version, aead, header));
  const std::size_t bytes = key_bytes(aead);
  EXPECT_EQ(hex(Bytes(packet.key.value).first(bytes)), key);
  EXPECT_EQ(hex(packet.iv), iv);
  EXPECT_EQ(hex(Bytes(header.value).first(bytes)), header_key);
}

TEST(KeyDerivation, InitialKeysOfVersion1) {  // RFC 9001 appendix A.1
  InitialSecrets secrets;
  ASSERT_TRUE(derive_initial_secrets(NGTCP2_PROTO_VER_V1, unhex("8394c8f03e515708"), secrets));
  EXPECT_EQ(hex(secrets.client.value), "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
  EXPECT_EQ(hex(secrets.server.value), "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b");
  expect_keys(secrets.client.value, NGTCP2_PROTO_VER_V1, Aead::aes_128_gcm,
              "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
              "9f50449e04a0e810283a1e9933adedd2");
  expect_keys(secrets.server.value, NGTCP2_PROTO_VER_V1, Aead::aes_128_gcm,
              "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e",
              "c206b8d9b9f0f37644430b490eeaa314");
}

TEST(KeyDerivation, InitialKeysOfVersion2) {  // RFC 9369 appendix A.1
  InitialSecrets secrets;
  ASSERT_TRUE(derive_initial_secrets(NGTCP2_PROTO_VER_V2, unhex("8394c8f03e515708"), secrets));
  expect_keys(secrets.client.value, NGTCP2_PROTO_VER_V2, Aead::aes_128_gcm,
              "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
              "45b95e15235d6f45a6b19cbcb0294ba9");
  expect_keys(secrets.server.value, NGTCP2_PROTO_VER_V2, Aead::aes_128_gcm,
              "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652",
              "edf6d05c83121201b436e16877593c3a");
}

TEST(KeyDerivation, OfChacha20AndItsNextSecret) {  // RFC 9001 appendix A.5
  const auto secret = unhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
  expect_keys(secret, NGTCP2_PROTO_VER_V1, Aead::chacha20_poly1305,
              "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8", "e0459b3474bdd0e44a41c144",
              "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4");
  std::vector<std::uint8_t> next(secret.size());
  ASSERT_TRUE(derive_next_secret({.bytes = secret}, NGTCP2_PROTO_VER_V1, next));
  EXPECT_EQ(hex(next), "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9");
}

}  // namespace
}  // namespace quicrx::test
