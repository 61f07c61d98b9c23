// SPDX-License-Identifier: MIT
#include "quic/address_tokens.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include "quic/random.h"

namespace quicrx {
namespace {

constexpr std::size_t kRememberedTokens = 1 << 20;

// A token's lifetime is a period, so that one made in a period is past its time when the next one ends.
std::int64_t period_of(AddressTokens::WallTime now) {
  return now / AddressTokens::kLifetime;
}

ngtcp2_tstamp stamp(AddressTokens::WallTime now) {
  return static_cast<ngtcp2_tstamp>(now.count());
}

std::optional<AddressToken> sized(AddressToken token, ngtcp2_ssize size) {
  if (size <= 0) return std::nullopt;
  token.size = static_cast<std::size_t>(size);
  return token;
}

template <typename Duration>
ngtcp2_duration lifetime(Duration duration) {
  return static_cast<ngtcp2_duration>(std::chrono::nanoseconds(duration).count());
}

}  // namespace

static_assert(NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2 <= sizeof(AddressToken::bytes));
static_assert(NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN <= sizeof(AddressToken::bytes));

std::shared_ptr<ReplayFilter> AddressTokens::make_filter() {
  return std::make_shared<ReplayFilter>(random_siphash_key(), kLifetime, kRememberedTokens);
}

std::optional<AddressToken> AddressTokens::make_retry(const ngtcp2_pkt_hd& initial,
                                                      const ngtcp2_cid& retry_id, const SocketAddress& client,
                                                      WallTime now) const {
  const Secrets::Key key = secrets_.token_key(0, period_of(now));
  AddressToken token;
  const ngtcp2_ssize size =
      ngtcp2_crypto_generate_retry_token2(token.bytes.data(), key.data(), key.size(), initial.version,
                                          client.get(), client.size(), &retry_id, &initial.dcid, stamp(now));
  return sized(token, size);
}

std::optional<AddressToken> AddressTokens::make(const SocketAddress& client, WallTime now) const {
  const Secrets::Key key = secrets_.token_key(0, period_of(now));
  AddressToken token;
  const ngtcp2_ssize size = ngtcp2_crypto_generate_regular_token(token.bytes.data(), key.data(), key.size(),
                                                                 client.get(), client.size(), stamp(now));
  return sized(token, size);
}

AddressTokens::Proof AddressTokens::verify(const ngtcp2_pkt_hd& initial, const SocketAddress& client,
                                           WallTime now, ngtcp2_cid& original_id) {
  if (initial.tokenlen == 0) return Proof::none;
  const Bytes token(initial.token, initial.tokenlen);
  const bool is_retry = token.front() == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2;
  for (std::size_t secret = 0; secret < secrets_.count(); ++secret) {
    for (const std::int64_t period : {period_of(now), period_of(now) - 1}) {
      const Secrets::Key key = secrets_.token_key(secret, period);
      if (is_retry) {
        if (ngtcp2_crypto_verify_retry_token2(&original_id, token.data(), token.size(), key.data(),
                                              key.size(), initial.version, client.get(), client.size(),
                                              &initial.dcid, lifetime(kRetryLifetime), stamp(now)) == 0)
          return Proof::retry;
      } else if (ngtcp2_crypto_verify_regular_token(token.data(), token.size(), key.data(), key.size(),
                                                    client.get(), client.size(), lifetime(kLifetime),
                                                    stamp(now)) == 0) {
        // Section 8.1.4: the replay of tokens must be prevented.
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now);
        return used_.seen(token, seconds) ? Proof::none : Proof::earlier;
      }
    }
  }
  return is_retry ? Proof::bad_retry : Proof::none;
}

}  // namespace quicrx
