// SPDX-License-Identifier: MIT
/// Which cipher suite and group a handshake comes to, by what the client prefers.
#include "endpoint_fixture.h"

namespace quicrx::test {
namespace {

class SuiteChoiceTest : public EndpointFixture {
 protected:
  void expect(TestClient::Kind kind, gnutls_cipher_algorithm_t cipher, gnutls_group_t group) {
    kind.groups = ":-CIPHER-ALL:-GROUP-ALL" + kind.groups;
    TestClient client("hq-interop", path_, now_, kind);
    talk(client);
    ASSERT_TRUE(client.handshake_done()) << kind.groups;
    EXPECT_STREQ(gnutls_cipher_get_name(client.cipher()), gnutls_cipher_get_name(cipher)) << kind.groups;
    EXPECT_STREQ(gnutls_group_get_name(client.group()), gnutls_group_get_name(group)) << kind.groups;
  }
};

TEST_F(SuiteChoiceTest, TheCheapestThatComesWithoutARetry) {
  expect({.groups = ":+AES-256-GCM:+AES-128-GCM:+GROUP-X25519:+GROUP-SECP256R1"}, GNUTLS_CIPHER_AES_128_GCM,
         GNUTLS_GROUP_X25519);
  expect({.groups = ":+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:+GROUP-SECP256R1:+GROUP-X25519",
          .two_shares = true},
         GNUTLS_CIPHER_AES_128_GCM, GNUTLS_GROUP_X25519);
}

TEST_F(SuiteChoiceTest, TheClientsWhereOursWouldTakeARetry) {
  expect({.groups = ":+AES-256-GCM:+AES-128-GCM:+GROUP-SECP256R1:+GROUP-X25519"}, GNUTLS_CIPHER_AES_256_GCM,
         GNUTLS_GROUP_SECP256R1);
}

TEST_F(SuiteChoiceTest, TheClientsWhereItAsksForChaCha20First) {
  expect({.groups = ":+CHACHA20-POLY1305:+AES-128-GCM:+GROUP-X25519"}, GNUTLS_CIPHER_CHACHA20_POLY1305,
         GNUTLS_GROUP_X25519);
}

TEST_F(SuiteChoiceTest, WhatIsOfferedAlone) {
  expect({.groups = ":+AES-256-GCM:+GROUP-X25519"}, GNUTLS_CIPHER_AES_256_GCM, GNUTLS_GROUP_X25519);
  expect({.groups = ":+AES-128-CCM:+GROUP-SECP384R1"}, GNUTLS_CIPHER_AES_128_CCM, GNUTLS_GROUP_SECP384R1);
}

/// RFC 8446 section 4.1.4: the suite of a HelloRetryRequest stands, though now an X25519 share is there.
TEST_F(SuiteChoiceTest, ARetryChangesNoSuite) {
  expect({.groups = ":+AES-256-GCM:+AES-128-GCM:+GROUP-X448:+GROUP-X25519"}, GNUTLS_CIPHER_AES_256_GCM,
         GNUTLS_GROUP_X25519);
}

}  // namespace
}  // namespace quicrx::test
