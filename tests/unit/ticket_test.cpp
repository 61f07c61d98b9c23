// SPDX-License-Identifier: MIT
/// Session tickets and 0-RTT: who may come back, and as what.
#include <gtest/gtest.h>

#include "endpoint_fixture.h"
#include "quic/connection_settings.h"
#include "quic/early_data_guard.h"

namespace quicrx::test {
namespace {

using C = EndpointCounter;

class TicketTest : public EndpointFixture {
 protected:
  void SetUp() override {
    EndpointFixture::SetUp();
    serve({});
  }

  /// Another process with the same secret.
  void serve(const EndpointConfig& config, const std::string& client_authorities = {}) {
    const Secrets secrets({Secrets::Secret{7}});
    TlsOptions options;
    for (const std::string& alpn : alpns_)
      options.ticket_keys.push_back(secrets.ticket_key(ticket_promise(config, alpn, client_authorities)));
    options.early_data = *EarlyDataGuard::create();
    if (!client_authorities.empty()) options.client_ca_file = folder_ / "cert";
    load_tls(options);
    restart(config);
  }

  std::string get_ticket(const std::string& alpn) {
    TestClient client(alpn, path_, now_);
    talk(client);
    EXPECT_TRUE(client.handshake_done());
    return client.session_data();
  }

  /// A client with a ticket of `session`.
  std::unique_ptr<TestClient> come_back(const std::string& alpn, const std::string& session,
                                        const std::string& groups = {}) {
    auto client = std::make_unique<TestClient>(alpn, path_, now_, TestClient::Kind{{}, groups, session});
    talk(*client);
    return client;
  }
};

TEST_F(TicketTest, BringsItsHolderBackIn0Rtt) {
  const auto client = come_back("hq-interop", get_ticket("hq-interop"));
  EXPECT_TRUE(client->handshake_done() && client->resumed());
  EXPECT_EQ(count(C::early_data_accepted), 1u);
}

TEST_F(TicketTest, IsOfItsProtocolOnly) {
  const auto client = come_back("h3", get_ticket("hq-interop"));
  EXPECT_TRUE(client->handshake_done());
  EXPECT_FALSE(client->resumed()) << "RFC 8446 section 4.2.10";
  EXPECT_EQ(count(C::early_data_accepted), 0u);
}

/// GnuTLS would have the keys of 0-RTT made twice, and ngtcp2 end the process for it. (This client of
/// GnuTLS's fails after its Finished, for its own want of a guard.)
TEST_F(TicketTest, WithAHelloRetryRequestThereIsNo0Rtt) {
  const auto client =
      come_back("hq-interop", get_ticket("hq-interop"), ":-GROUP-ALL:+GROUP-X448:+GROUP-X25519");
  EXPECT_TRUE(client->resumed());
  EXPECT_EQ(count(C::handshakes_completed), 2u);
  EXPECT_EQ(count(C::early_data_accepted), 0u);
}

TEST_F(TicketTest, OutlivesTheProcessWithout0Rtt) {
  const std::string session = get_ticket("hq-interop");
  serve({});
  const auto client = come_back("hq-interop", session);
  EXPECT_TRUE(client->resumed());
  EXPECT_EQ(count(C::early_data_accepted), 0u) << "this process cannot know what the last one has seen";
}

TEST_F(TicketTest, OfAServerThatAskedForNoCertificateIsNone) {
  const std::string session = get_ticket("hq-interop");
  serve({}, "-----BEGIN CERTIFICATE-----");
  const auto client = come_back("hq-interop", session);
  EXPECT_EQ(count(C::handshakes_completed), 0u);
}

TEST_F(TicketTest, OfOtherLimitsIsNone) {
  const std::string session = get_ticket("hq-interop");
  EndpointConfig config;
  config.limits.streams_bidi = 10;
  serve(config);
  const auto client = come_back("hq-interop", session);
  EXPECT_TRUE(client->handshake_done());
  EXPECT_FALSE(client->resumed());
}

}  // namespace
}  // namespace quicrx::test
