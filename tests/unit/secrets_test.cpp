// SPDX-License-Identifier: MIT
#include "quic/secrets.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "quic/address_tokens.h"
#include "quic/random.h"

namespace quicrx::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Proof = AddressTokens::Proof;

const std::string kOne(64, 'a'), kTwo(64, 'b');

Result<Secrets> load(const std::string& text) {
  const std::string file =
      std::filesystem::temp_directory_path() / ("quicrx-secrets-" + std::to_string(getpid()));
  std::ofstream(file) << text;
  auto loaded = Secrets::load(file);
  std::filesystem::remove(file);
  return loaded;
}

TEST(Secrets, FileHoldsOneALine) {
  const auto secrets = load("# new\n" + kOne + "  # since May\n\n" + kTwo + "\r\n");
  ASSERT_TRUE(secrets) << secrets.error().message;
  EXPECT_EQ(secrets->count(), 2u);
  EXPECT_EQ(secrets->reset_key("a"), load(kOne + "\n")->reset_key("a"))
      << "the first makes; the same in every process";
  EXPECT_NE(secrets->reset_key("a"), load(kTwo + "\n")->reset_key("a"));
}

TEST(Secrets, FileThatIsNoneIsRefusedWithTheLine) {
  for (const auto& [text, words] : {std::pair{std::string("\n# nothing\n"), "empty"},
                                    {kOne + "\nrubbish\n", "line 2"},
                                    {kOne.substr(1) + "\n", "line 1"},
                                    {kOne + "a\n", "64 hexadecimal digits"},
                                    {std::string(64, 'g') + "\n", "line 1"}}) {
    const auto secrets = load(text);
    ASSERT_FALSE(secrets);
    EXPECT_EQ(secrets.error().kind, ErrorKind::usage);
    EXPECT_NE(secrets.error().message.find(words), std::string::npos) << secrets.error().message;
  }
  EXPECT_EQ(Secrets::load("/nowhere").error().kind, ErrorKind::not_found);
}

TEST(Secrets, EachUseHasKeysOfItsOwn) {
  const Secrets secrets = *load(kOne);
  EXPECT_NE(secrets.token_key(0, 1), secrets.token_key(0, 2));
  EXPECT_NE(secrets.token_key(0, 1), secrets.reset_key({}));
  EXPECT_NE(secrets.reset_key("a"), secrets.reset_key("b")) << "RFC 9000 section 21.11";
  EXPECT_EQ(secrets.ticket_key("a"), load(kOne)->ticket_key("a"));
  EXPECT_NE(secrets.ticket_key("a"), secrets.ticket_key("b"));
  EXPECT_NE(Secrets::random().reset_key({}), Secrets::random().reset_key({}));
}

class AddressTokensTest : public testing::Test {
 protected:
  /// What the token proves of an Initial with it, from `client`, after `later`.
  Proof verify(AddressTokens& tokens, const AddressToken& token, const SocketAddress& client,
               seconds later = {}) {
    ngtcp2_pkt_hd again = initial_;
    again.token = token.bytes.data();
    again.tokenlen = token.size;
    again.dcid = is_retry_ ? retry_id_ : initial_.dcid;
    return tokens.verify(again, client, now_ + later, original_);
  }

  AddressTokensTest() {
    initial_.version = NGTCP2_PROTO_VER_V1;
    initial_.dcid.datalen = retry_id_.datalen = 18;
    fill_random({initial_.dcid.data, 18});
    fill_random({retry_id_.data, 18});
  }

  static SocketAddress address(std::uint8_t last, std::uint16_t port) {
    return {std::vector<std::uint8_t>{192, 0, 2, last}, port};
  }

  Secrets secrets_ = *load(kOne), newer_ = *load(kTwo + "\n" + kOne), other_ = *load(kTwo);
  std::shared_ptr<ReplayFilter> used_ = AddressTokens::make_filter();
  AddressTokens tokens_{secrets_, *used_}, newer_tokens_{newer_, *used_}, other_tokens_{other_, *used_};
  AddressTokens::WallTime now_ = hours(24) * 20'000 + hours(23);
  ngtcp2_pkt_hd initial_{};
  ngtcp2_cid retry_id_{}, original_{};
  bool is_retry_ = false;
};

TEST_F(AddressTokensTest, EarlierOnesAreGoodOnceForADayAtTheirAddress) {
  const auto make = [&] { return *tokens_.make(address(1, 5000), now_); };
  EXPECT_EQ(verify(tokens_, make(), address(1, 6000)), Proof::earlier) << "the port may differ";
  EXPECT_EQ(verify(tokens_, make(), address(2, 5000)), Proof::none);
  EXPECT_EQ(verify(tokens_, make(), address(1, 5000), hours(23)), Proof::earlier)
      << "in the next key's period";
  EXPECT_EQ(verify(tokens_, make(), address(1, 5000), hours(25)), Proof::none);
  const AddressToken token = make();
  EXPECT_EQ(verify(tokens_, token, address(1, 5000)), Proof::earlier);
  EXPECT_EQ(verify(tokens_, token, address(1, 5000)), Proof::none) << "RFC 9000 section 8.1.4";
}

TEST_F(AddressTokensTest, SecretsAreSharedAndReplaced) {
  const auto make = [&] { return *tokens_.make(address(1, 5000), now_); };
  EXPECT_EQ(verify(newer_tokens_, make(), address(1, 5000)), Proof::earlier)
      << "the older secret is still known";
  EXPECT_EQ(verify(other_tokens_, make(), address(1, 5000)), Proof::none);
}

TEST_F(AddressTokensTest, RetryOnesAreBoundToEverythingAndGoodForSeconds) {
  is_retry_ = true;
  const AddressToken token = *tokens_.make_retry(initial_, retry_id_, address(1, 5000), now_);
  EXPECT_EQ(verify(tokens_, token, address(1, 5000), seconds(5)), Proof::retry);
  EXPECT_TRUE(ngtcp2_cid_eq(&original_, &initial_.dcid));
  EXPECT_EQ(verify(tokens_, token, address(1, 5001)), Proof::bad_retry) << "another port";
  EXPECT_EQ(verify(tokens_, token, address(1, 5000), seconds(11)), Proof::bad_retry) << "too late";
  retry_id_.data[0] ^= 1;
  EXPECT_EQ(verify(tokens_, token, address(1, 5000)), Proof::bad_retry) << "another connection ID";
}

TEST_F(AddressTokensTest, AnyOtherBytesProveNothing) {
  AddressToken token = *tokens_.make(address(1, 5000), now_);
  for (std::size_t i = 0; i < token.size; ++i) {
    AddressToken broken = token;
    broken.bytes[i] ^= 0x40;
    EXPECT_EQ(verify(tokens_, broken, address(1, 5000)), Proof::none) << "byte " << i;
  }
  for (std::size_t size = 0; size < token.size; ++size) {
    AddressToken shorter = token;
    shorter.size = size;
    EXPECT_EQ(verify(tokens_, shorter, address(1, 5000)), Proof::none);
  }
}

}  // namespace
}  // namespace quicrx::test
