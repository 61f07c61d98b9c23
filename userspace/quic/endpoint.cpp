// SPDX-License-Identifier: MIT
#include "quic/endpoint.h"

#include <algorithm>
#include <cstddef>

namespace quicrx {
namespace {

constexpr std::uint64_t kResetBurstSeconds = 1;

std::chrono::nanoseconds wall_offset() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()) -
         std::chrono::nanoseconds(Clock::now().time_since_epoch());
}

/// By the type of a long header (RFC 9000 section 17.2, RFC 9369 section 3.2).
bool is_initial(std::uint8_t first, std::uint32_t version) {
  const unsigned type = first >> 4 & 3;
  return (first & 0x80) != 0 && type == (version == NGTCP2_PROTO_VER_V2 ? 1 : 0);
}

EndpointConfig with_reserve(EndpointConfig config) {
  if (!config.memory) config.memory = std::make_shared<MemoryReserve>(config.limits.memory);
  return config;
}

}  // namespace

Endpoint::Endpoint(Port& port, std::shared_ptr<const TlsContext> tls, std::vector<Service*> services,
                   EndpointConfig config, EndpointCounters& counters)
    : port_(port),
      tls_(std::move(tls)),
      services_(std::move(services)),
      config_(with_reserve(std::move(config))),
      counters_(counters),
      reset_key_(config_.secrets.reset_key(config_.reset_name)),
      tokens_(config_.secrets, *config_.used_tokens),
      wall_offset_(wall_offset()),
      resets_(config_.limits.resets_per_second, config_.limits.resets_per_second * kResetBurstSeconds),
      memory_(*config_.memory),
      table_(random_siphash_key()) {}

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

void Endpoint::receive_one(Datagram& datagram, Timestamp now) {
  const Bytes payload = datagram.frame.payload();
  if (payload.empty()) {  // ngtcp2 asserts that it is not
    counters_.add(EndpointCounter::drop_malformed);
    return;
  }
  ngtcp2_version_cid ids;
  const int error = ngtcp2_pkt_decode_version_cid(&ids, payload.data(), payload.size(), kConnectionIdBytes);
  if (error == NGTCP2_ERR_VERSION_NEGOTIATION) {
    receive_unknown_version(datagram, ids);
    return;
  }
  if (error != 0) {
    counters_.add(EndpointCounter::drop_malformed);
    return;
  }
  Connection* connection = table_.find({ids.dcid, ids.dcidlen});
  if (connection != nullptr && is_initial(payload[0], ids.version) &&
      connection->begun_anew(ids.version, datagram.path.remote)) {
    connection->give_up();
    settle(*connection);
    connection = nullptr;
  }
  if (connection == nullptr) {
    receive_unknown(datagram, ids, now);
    return;
  }
  connection->read(datagram, now);
  settle_read(*connection);
}

/// An ID of ours opens no connection, or whoever has seen one could choose the worker. Initials with IDs that
/// their clients chose stay where they arrived.
void Endpoint::receive_unknown(Datagram& datagram, const ngtcp2_version_cid& ids, Timestamp now) {
  const bool long_header = (datagram.frame.payload()[0] & 0x80) != 0;
  const Bytes id(ids.dcid, ids.dcidlen);
  const auto worker = config_.id_key.worker_of(id);
  if (worker && *worker != config_.worker && others_ != nullptr) {
    others_->forward(std::move(datagram), *worker, now);
  } else if (!long_header) {
    reset(datagram, id, now);
  } else if (worker) {
    counters_.add(EndpointCounter::drop_not_acceptable);
  } else if (Connection* opened = accept(datagram, now)) {
    opened->read(datagram, now);
    settle_read(*opened);
  }
}

/// One whose connection is here, or at another worker, needs no other version (RFC 9000 section 5.2.2): its
/// version was damaged on the way, and an answer that is damaged too would have it give up.
void Endpoint::receive_unknown_version(const Datagram& datagram, const ngtcp2_version_cid& ids) {
  const Bytes id(ids.dcid, ids.dcidlen);
  const bool here = id.size() <= NGTCP2_MAX_CIDLEN && table_.find(id) != nullptr;
  if (here || config_.id_key.worker_of(id)) {
    counters_.add(EndpointCounter::drop_wrong_version);
  } else {
    negotiate_version(datagram, ids);
  }
}

/// After a read. What is to be written in this turn is settled then, once for all of a batch.
void Endpoint::settle_read(Connection& connection) {
  if (!connection.write_due || connection.state() == Connection::State::gone) settle(connection);
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
  config_.prefixes->remove(connection.first_remote());
  if (connection.write_due) std::erase(write_due_, &connection);
  const std::size_t index = connection.index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index = index;
  connections_.pop_back();
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

void Endpoint::drain() {
  shutting_down_ = true;
  for (const auto& connection : connections_) connection->drain();
}

bool Endpoint::drained() const {
  return std::ranges::all_of(connections_, [](const auto& connection) { return connection->drained(); });
}

void Endpoint::shut_down(Timestamp now) {
  shutting_down_ = true;
  for (const auto& connection : connections_) connection->shut_down(now);
}

}  // namespace quicrx
