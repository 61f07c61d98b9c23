// SPDX-License-Identifier: MIT
/// Who may open a connection, and what is answered outside connections. Nothing here keeps state for an
/// address that is not proven, and no answer is larger than what asked for it (RFC 9000 section 8).
#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <array>

#include "quic/endpoint.h"

namespace quicrx {
namespace {

constexpr std::array<std::uint32_t, 2> kVersions{NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};
// RFC 9000 section 10.3: 5 bytes before the token at the least, and one byte less than what it answers.
constexpr std::size_t kMinReset = 5 + NGTCP2_STATELESS_RESET_TOKENLEN;
constexpr std::size_t kMaxReset = 42;

}  // namespace

Connection* Endpoint::accept(const Datagram& datagram, Timestamp now) {
  const Bytes payload = datagram.frame.payload();
  Admission admission;
  ngtcp2_pkt_hd& initial = admission.initial;
  // RFC 9000 section 7.2: a first connection ID of less than 8 bytes is no client's; ngtcp2 lets it by with a
  // token.
  if (ngtcp2_accept(&initial, payload.data(), payload.size()) != 0 ||
      initial.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN) {
    counters_.add(EndpointCounter::drop_not_acceptable);
    return nullptr;
  }
  if (shutting_down_) {
    close_unopened(datagram, initial, NGTCP2_CONNECTION_REFUSED, EndpointCounter::refused_stopping);
    return nullptr;
  }
  admission.proof = tokens_.verify(initial, datagram.path.remote, wall_time(now), admission.original_id);
  if (initial.tokenlen > 0 && !admission.proven()) counters_.add(EndpointCounter::tokens_refused);
  if (admission.proof == AddressTokens::Proof::bad_retry) {
    close_unopened(datagram, initial, NGTCP2_INVALID_TOKEN, EndpointCounter::invalid_token_closes_sent);
    return nullptr;
  }
  if (!admission.proven() && must_prove_address()) {
    retry(datagram, initial, now);
    return nullptr;
  }
  if (const auto limit = limit_reached(datagram.path.remote)) {
    close_unopened(datagram, initial, NGTCP2_CONNECTION_REFUSED, *limit);
    return nullptr;
  }
  return open(datagram, admission, now);
}

Connection* Endpoint::open(const Datagram& datagram, const Admission& admission, Timestamp now) {
  auto connection = Connection::accept(*this, admission, datagram.path, now);
  if (!connection) {
    counters_.add(EndpointCounter::drop_not_acceptable);
    return nullptr;
  }
  counters_.add(EndpointCounter::connections_accepted);
  if (admission.proof == AddressTokens::Proof::retry) counters_.add(EndpointCounter::retry_tokens_accepted);
  if (admission.proof == AddressTokens::Proof::earlier) counters_.add(EndpointCounter::tokens_accepted);
  config_.prefixes->add(connection->first_remote());
  connection->index = connections_.size();
  connections_.push_back(std::move(connection));
  return connections_.back().get();
}

bool Endpoint::must_prove_address() const {
  if (config_.retry != RetryMode::automatic) return config_.retry == RetryMode::always;
  return sum({EndpointCounter::handshakes_unproven}) >= config_.retry_threshold;
}

std::uint64_t Endpoint::sum(std::initializer_list<EndpointCounter> ids) const {
  std::uint64_t total = 0;
  for (const EndpointCounters* counters : counted_)
    for (const EndpointCounter id : ids) total += counters->get(id);
  return total;
}

std::optional<EndpointCounter> Endpoint::limit_reached(const SocketAddress& client) const {
  const EndpointLimits& limits = config_.limits;
  using C = EndpointCounter;
  if (sum({C::connections_handshake, C::connections_active, C::connections_closing,
           C::connections_draining}) >= limits.connections)
    return C::connections_refused;
  if (config_.prefixes->count(client) >= limits.connections_per_prefix) return C::refused_prefix;
  if (sum({C::connections_handshake}) >= limits.handshakes) return C::refused_handshakes;
  if (memory_.exhausted()) return C::refused_memory;
  return std::nullopt;
}

void Endpoint::negotiate_version(const Datagram& datagram, const ngtcp2_version_cid& ids) {
  const auto write = [&](MutableBytes room) {
    std::uint8_t random = 0;
    fill_random({&random, 1});
    // RFC 9000 section 6.3: a version that no one has keeps clients from relying on the list.
    std::array<std::uint32_t, kVersions.size() + 1> versions{};
    std::ranges::copy(kVersions, versions.begin() + 1);
    versions[0] = NGTCP2_RESERVED_VERSION_MASK | (std::uint32_t{random} << 24 & 0xf0000000u);
    return ngtcp2_pkt_write_version_negotiation(room.data(), room.size(), random, ids.scid, ids.scidlen,
                                                ids.dcid, ids.dcidlen, versions.data(), versions.size());
  };
  answer(datagram, write, EndpointCounter::version_negotiations_sent);
}

void Endpoint::retry(const Datagram& datagram, const ngtcp2_pkt_hd& initial, Timestamp now) {
  ngtcp2_cid id{};
  id.datalen = kConnectionIdBytes;
  fill_random({id.data, id.datalen});
  const auto token = tokens_.make_retry(initial, id, datagram.path.remote, wall_time(now));
  const auto write = [&](MutableBytes room) -> std::ptrdiff_t {
    if (!token) return 0;
    return ngtcp2_crypto_write_retry(room.data(), room.size(), initial.version, &initial.scid, &id,
                                     &initial.dcid, token->view().data(), token->size);
  };
  answer(datagram, write, EndpointCounter::retries_sent);
}

/// An Initial with CONNECTION_CLOSE, without a connection.
void Endpoint::close_unopened(const Datagram& datagram, const ngtcp2_pkt_hd& initial, std::uint64_t error,
                              EndpointCounter counter) {
  const auto write = [&](MutableBytes room) {
    return ngtcp2_crypto_write_connection_close(room.data(), room.size(), initial.version, &initial.scid,
                                                &initial.dcid, error, nullptr, 0);
  };
  answer(datagram, write, counter);
}

/// A stateless reset (RFC 9000 section 10.3), which two endpoints cannot send each other for ever: each is
/// shorter than what it answers.
void Endpoint::reset(const Datagram& datagram, Bytes id, Timestamp now) {
  const std::size_t received = datagram.frame.payload().size();
  if (received <= kMinReset || shutting_down_) {
    counters_.add(EndpointCounter::drop_unknown_connection);
    return;
  }
  if (!resets_.take(now)) {
    counters_.add(EndpointCounter::drop_reset_limited);
    return;
  }
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, id.data(), id.size());
  const auto write = [&](MutableBytes room) -> std::ptrdiff_t {
    std::array<std::uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN> token{};
    std::array<std::uint8_t, kMaxReset> random{};
    fill_random(random);
    if (ngtcp2_crypto_generate_stateless_reset_token(token.data(), reset_key_.data(), reset_key_.size(),
                                                     &cid) != 0)
      return 0;
    const std::size_t bytes = std::min(kMaxReset, received - 1);
    return ngtcp2_pkt_write_stateless_reset(room.data(), std::min(bytes, room.size()), token.data(),
                                            random.data(), bytes - token.size());
  };
  answer(datagram, write, EndpointCounter::stateless_resets_sent);
}

void Endpoint::answer(const Datagram& datagram, const std::function<std::ptrdiff_t(MutableBytes)>& write,
                      EndpointCounter counter) {
  auto frame = port_.acquire(datagram.path);
  if (!frame) {
    counters_.add(EndpointCounter::drop_unanswerable);
    return;
  }
  const std::size_t limit = std::min(datagram.frame.payload().size(), port_.max_payload(datagram.path));
  const std::ptrdiff_t bytes = write(frame->room().first(std::min(frame->room().size(), limit)));
  if (bytes <= 0) {
    counters_.add(EndpointCounter::drop_unanswerable);
    return;
  }
  frame->resize(static_cast<std::size_t>(bytes));
  counters_.add(counter);
  port_.send(std::move(*frame), datagram.path, Ecn::not_ect);
}

}  // namespace quicrx
