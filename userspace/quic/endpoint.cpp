// SPDX-License-Identifier: MIT
#include "quic/endpoint.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <bit>
#include <cstddef>

namespace quicrx {
namespace {

constexpr std::array<std::uint32_t, 2> kVersions{NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};

SipHashKey random_key() {
  std::array<std::uint8_t, sizeof(SipHashKey)> bytes{};
  fill_random(bytes);
  return std::bit_cast<SipHashKey>(bytes);
}

std::ptrdiff_t write_version_negotiation(MutableBytes room, const ngtcp2_version_cid& ids) {
  std::uint8_t random = 0;
  fill_random({&random, 1});
  return ngtcp2_pkt_write_version_negotiation(room.data(), room.size(), random, ids.scid, ids.scidlen,
                                              ids.dcid, ids.dcidlen, kVersions.data(), kVersions.size());
}

std::ptrdiff_t write_refusal(MutableBytes room, const ngtcp2_pkt_hd& initial) {
  return ngtcp2_crypto_write_connection_close(room.data(), room.size(), initial.version, &initial.scid,
                                              &initial.dcid, NGTCP2_CONNECTION_REFUSED, nullptr, 0);
}

}  // namespace

Endpoint::Endpoint(Port& port, const TlsContext& tls, std::vector<Service*> services, EndpointLimits limits,
                   EndpointCounters& counters)
    : port_(port),
      tls_(tls),
      services_(std::move(services)),
      limits_(limits),
      counters_(counters),
      table_(random_key()) {
  fill_random(reset_secret_);
}

Endpoint::~Endpoint() {
  while (!connections_.empty()) remove(*connections_.back());
}

Service* Endpoint::service(std::string_view alpn) {
  const auto found = std::ranges::find(services_, alpn, &Service::alpn);
  return found == services_.end() ? nullptr : *found;
}

void Endpoint::want_write(Connection& connection) {
  if (connection.write_due) return;
  connection.write_due = true;
  write_due_.push_back(&connection);
}

void Endpoint::receive(std::span<Datagram> datagrams, Timestamp now) {
  for (Datagram& datagram : datagrams) {
    receive_one(datagram, now);
    datagram.frame = Frame();  // ngtcp2 keeps nothing of it
  }
}

void Endpoint::receive_one(const Datagram& datagram, Timestamp now) {
  const Bytes payload = datagram.frame.payload();
  if (payload.empty()) {  // ngtcp2 asserts that it is not
    counters_.add(EndpointCounter::drop_malformed);
    return;
  }
  ngtcp2_version_cid ids;
  const int error = ngtcp2_pkt_decode_version_cid(&ids, payload.data(), payload.size(), kConnectionIdBytes);
  if (error == NGTCP2_ERR_VERSION_NEGOTIATION) {
    answer(
        datagram, [&](MutableBytes room) { return write_version_negotiation(room, ids); },
        EndpointCounter::version_negotiations_sent);
    return;
  }
  if (error != 0) {
    counters_.add(EndpointCounter::drop_malformed);
    return;
  }
  Connection* connection = table_.find({ids.dcid, ids.dcidlen});
  if (connection == nullptr) {
    const bool long_header = (payload[0] & 0x80) != 0;
    if (!long_header) {
      counters_.add(EndpointCounter::drop_unknown_connection);
      return;
    }
    connection = accept(datagram, now);
    if (connection == nullptr) return;
  }
  connection->read(datagram, now);
  settle(*connection);
}

Connection* Endpoint::accept(const Datagram& datagram, Timestamp now) {
  const Bytes payload = datagram.frame.payload();
  ngtcp2_pkt_hd initial;
  // RFC 9000 section 7.2: a first connection ID of less than 8 bytes is no client's; ngtcp2 lets it by with a
  // token.
  if (shutting_down_ || ngtcp2_accept(&initial, payload.data(), payload.size()) != 0 ||
      initial.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN) {
    counters_.add(EndpointCounter::drop_not_acceptable);
    return nullptr;
  }
  if (connections_.size() >= limits_.connections) {
    answer(
        datagram, [&](MutableBytes room) { return write_refusal(room, initial); },
        EndpointCounter::connections_refused);
    return nullptr;
  }
  auto connection = Connection::accept(*this, initial, datagram.path, now);
  if (!connection) {
    counters_.add(EndpointCounter::drop_not_acceptable);
    return nullptr;
  }
  counters_.add(EndpointCounter::connections_accepted);
  connection->index = connections_.size();
  connections_.push_back(std::move(connection));
  return connections_.back().get();
}

/// After anything was done to a connection: its timer follows, and it goes when it is gone.
void Endpoint::settle(Connection& connection) {
  const auto deadline = connection.deadline();
  if (!deadline) {
    remove(connection);
  } else if (connection.place == Timer::kNowhere || connection.due != *deadline) {
    timers_.set(connection, *deadline);
  }
}

void Endpoint::remove(Connection& connection) {
  if (ended_) ended_(connection.remote(), connection.statistics());
  timers_.remove(connection);
  if (connection.write_due) std::erase(write_due_, &connection);
  const std::size_t index = connection.index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index = index;
  connections_.pop_back();
}

void Endpoint::answer(const Datagram& datagram, const std::function<std::ptrdiff_t(MutableBytes)>& write,
                      EndpointCounter counter) {
  auto frame = port_.acquire(datagram.path);
  if (!frame) {
    counters_.add(EndpointCounter::drop_unanswerable);
    return;
  }
  // Never larger than what asked for it: an answer to an unproven address must not amplify (RFC 9000 section
  // 8).
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

void Endpoint::expire(Timestamp now) {
  while (!timers_.empty() && timers_.first().due <= now) {
    auto& connection = static_cast<Connection&>(timers_.first());
    connection.expire(now);
    const auto deadline = connection.deadline();
    if (deadline && *deadline <= now) {
      // Due again as soon as it has written: it waits for write(), and the others get their turn.
      timers_.set(connection, now + std::chrono::milliseconds(1));
      continue;
    }
    settle(connection);
  }
}

void Endpoint::write(Timestamp now) {
  writing_.swap(write_due_);
  for (Connection* connection : writing_) connection->write_due = false;
  for (std::size_t i = 0; i < writing_.size(); ++i) {
    Connection& connection = *writing_[i];
    if (connection.write(now) == Connection::Write::no_frame) want_write(connection);
    settle(connection);
  }
  writing_.clear();
}

std::optional<Timestamp> Endpoint::deadline() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.first().due;
}

std::size_t Endpoint::send_closes() {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& connection) { return connection->close_unsent(); }));
}

void Endpoint::shut_down(Timestamp now) {
  shutting_down_ = true;
  for (const auto& connection : connections_) connection->shut_down(now);
}

}  // namespace quicrx
