// SPDX-License-Identifier: MIT
/// Whole connections by each library that protects packets, with each cipher of TLS. The client is GnuTLS's.
#include <gtest/gtest.h>

#include "endpoint_fixture.h"
#include "quic/connection_settings.h"
#include "quic/early_data_guard.h"

namespace quicrx::test {
namespace {

using C = EndpointCounter;

class ProtectedConnectionTest : public EndpointFixture, public testing::WithParamInterface<AeadLibrary> {
 protected:
  void SetUp() override {
    if (!choose_cipher_library(GetParam())) GTEST_SKIP() << "not on this machine";
    aead_ = GetParam();
    EndpointFixture::SetUp();
  }
  void TearDown() override {
    if (endpoint_) EndpointFixture::TearDown();
  }

  /// A download of a few hundred packets.
  void expect_download(TestClient& client) {
    const std::string content = make_file("file", 500'000);
    const std::int64_t stream = client.request("GET /file\r\n");
    talk(client, milliseconds(2000));
    EXPECT_TRUE(client.finished[stream]);
    EXPECT_EQ(client.received[stream], content);
    EXPECT_EQ(client.error, 0);
  }

  void expect_upload_and_back(TestClient& client) {
    std::string content(300'000, 'x');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
    const std::int64_t stream = client.request(content);
    talk(client, milliseconds(2000));
    EXPECT_TRUE(client.finished[stream]);
    EXPECT_EQ(client.received[stream], content);
  }

  void expect_cipher(const std::string& name, gnutls_cipher_algorithm_t cipher) {
    TestClient client("hq-interop", path_, now_, TestClient::Kind{.groups = ":-CIPHER-ALL:+" + name});
    talk(client);
    ASSERT_TRUE(client.handshake_done()) << name;
    EXPECT_EQ(client.cipher(), cipher) << name;
    expect_download(client);
    TestClient echoed("echo", path_, now_, TestClient::Kind{.groups = ":-CIPHER-ALL:+" + name});
    talk(echoed);
    expect_upload_and_back(echoed);
  }
};

TEST_P(ProtectedConnectionTest, EveryCipher) {
  expect_cipher("AES-128-GCM", GNUTLS_CIPHER_AES_128_GCM);
  expect_cipher("AES-256-GCM", GNUTLS_CIPHER_AES_256_GCM);
  expect_cipher("CHACHA20-POLY1305", GNUTLS_CIPHER_CHACHA20_POLY1305);
  expect_cipher("AES-128-CCM", GNUTLS_CIPHER_AES_128_CCM);
}

TEST_P(ProtectedConnectionTest, EveryVersion) {
  for (const bool prefer_v2 : {false, true}) {  // the second: compatible version negotiation, RFC 9368
    EndpointConfig config;
    config.prefer_v2 = prefer_v2;
    restart(config);
    for (const std::uint32_t version : {NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2}) {
      TestClient client("hq-interop", path_, now_, TestClient::Kind{.version = version});
      talk(client);
      ASSERT_TRUE(client.handshake_done()) << std::hex << version;
      expect_download(client);
    }
  }
}

TEST_P(ProtectedConnectionTest, TheServerUpdatesItsKeys) {
  EndpointConfig config;
  config.key_update_bytes = 100'000;
  restart(config);
  for (const char* cipher : {"AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305", "AES-128-CCM"}) {
    TestClient client("hq-interop", path_, now_,
                      TestClient::Kind{.groups = std::string(":-CIPHER-ALL:+") + cipher});
    talk(client);
    const std::uint64_t before = count(C::key_updates);
    for (int i = 0; i < 2; ++i) expect_download(client);  // the first rests on the keys that TLS made
    EXPECT_GE(count(C::key_updates), before + 2) << cipher;
  }
}

TEST_P(ProtectedConnectionTest, TheClientUpdatesItsKeys) {
  TestClient client("echo", path_, now_);
  talk(client);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.update_keys(now_)) << i;
    expect_upload_and_back(client);
  }
}

TEST_P(ProtectedConnectionTest, WhatCannotBeDecryptedIsIgnored) {
  TestClient client("echo", path_, now_);
  talk(client);
  client.request("hello");
  for (auto datagram : client.write(now_)) {
    datagram.back() ^= 1;
    deliver(datagram);
  }
  turn();
  EXPECT_TRUE(port_->sent.empty());
  EXPECT_EQ(count(C::connections_active), 1u);
  talk(client, milliseconds(2000));
  EXPECT_EQ(client.received[0], "hello") << "the packet that was lost is sent again";
}

TEST_P(ProtectedConnectionTest, ZeroRtt) {
  const Secrets secrets({Secrets::Secret{7}});
  TlsOptions options;
  for (const std::string& alpn : alpns_)
    options.ticket_keys.push_back(secrets.ticket_key(ticket_promise({}, alpn, {})));
  options.early_data = *EarlyDataGuard::create();
  load_tls(options);
  restart({});
  for (const char* cipher : {"AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"}) {
    const std::string groups = std::string(":-CIPHER-ALL:+") + cipher;
    TestClient first("echo", path_, now_, TestClient::Kind{.groups = groups});
    talk(first);
    TestClient second(
        "echo", path_, now_,
        TestClient::Kind{.groups = groups, .session = first.session_data(), .limits = first.server_limits()});
    const std::uint64_t accepted = count(C::early_data_accepted), opened = count(C::streams_opened);
    const std::int64_t stream = second.request("soon");
    for (const auto& datagram : second.write(now_)) deliver(datagram);
    EXPECT_EQ(count(C::streams_opened), opened + 1) << cipher << ": before the server has said a word";
    talk(second);
    EXPECT_EQ(count(C::early_data_accepted), accepted + 1) << cipher;
    EXPECT_EQ(second.received[stream], "soon") << cipher;
  }
}

std::string library_name(const testing::TestParamInfo<AeadLibrary>& library) {
  return library.param == AeadLibrary::gnutls ? "gnutls" : "ipsec_mb";
}

INSTANTIATE_TEST_SUITE_P(Libraries, ProtectedConnectionTest,
                         testing::Values(AeadLibrary::gnutls, AeadLibrary::ipsec_mb), library_name);

}  // namespace
}  // namespace quicrx::test
