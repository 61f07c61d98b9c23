// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "quic/connection.h"
#include "quic/connection_table.h"
#include "quic/forwarder.h"
#include "quic/host.h"
#include "quic/timer_heap.h"
#include "quic/token_bucket.h"

namespace quicrx {

/// All QUIC connections of a worker, and what is answered outside connections. One thread.
///
/// A turn: receive() what a port delivered, expire() what is due, then write() whatever that led to.
class Endpoint final : public ConnectionHost {
 public:
  using Ended = std::function<void(const SocketAddress&, const ConnectionStatistics&)>;

  Endpoint(Port& port, std::shared_ptr<const TlsContext> tls, std::vector<Service*> services,
           EndpointConfig config, EndpointCounters& counters);
  ~Endpoint();

  /// Called with each connection that ends.
  void on_ended(Ended ended) { ended_ = std::move(ended); }

  /// Where datagrams of other endpoints' connections go; without it they are nobody's. Outlives the endpoint.
  void forward_to(Forwarder& others) { others_ = &others; }

  /// For connections that begin from now on; the others keep what they began with.
  void use(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }

  /// Limits on connections and handshakes hold for these endpoints together, of which this is one. Their
  /// counters outlive it.
  void count_with(std::vector<const EndpointCounters*> all) { counted_ = std::move(all); }

  /// Takes the frames of the datagrams.
  void receive(std::span<Datagram> datagrams, Timestamp now);
  void expire(Timestamp now);
  void write(Timestamp now);

  /// When the next connection is due; nothing without connections.
  [[nodiscard]] std::optional<Timestamp> deadline() const;
  /// Connections wait for transmit frames: write() is to be called again soon.
  [[nodiscard]] bool starved() const { return !write_due_.empty(); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

  /// Takes no new connections, and has those that are there end what is under way.
  void drain();
  /// Nothing is under way any more.
  [[nodiscard]] bool drained() const;
  /// Closes every connection with a frame; datagrams that come later are answered by the closes alone.
  void shut_down(Timestamp now);
  /// After shut_down(): sends closes for which there was no transmit frame. How many are left.
  std::size_t send_closes();
  /// Gives up those that are left, and counts them.
  void give_up_closes() { counters_.add(EndpointCounter::drop_close_unsent, send_closes()); }

  // ConnectionHost
  [[nodiscard]] Port& port() override { return port_; }
  [[nodiscard]] const std::shared_ptr<const TlsContext>& tls() const override { return tls_; }
  [[nodiscard]] const EndpointConfig& config() const override { return config_; }
  [[nodiscard]] EndpointCounters& counters() override { return counters_; }
  [[nodiscard]] ConnectionTable& table() override { return table_; }
  [[nodiscard]] const AddressTokens& tokens() const override { return tokens_; }
  void make_id(MutableBytes id) override { config_.id_key.make(config_.worker, id); }
  [[nodiscard]] Bytes reset_key() const override { return reset_key_; }
  [[nodiscard]] MemoryLimit& memory() override { return memory_; }
  [[nodiscard]] bool draining() const override { return shutting_down_; }
  [[nodiscard]] AddressTokens::WallTime wall_time(Timestamp now) const override {
    return now.time_since_epoch() + wall_offset_;
  }
  [[nodiscard]] Service* service(std::string_view alpn) override;
  void want_write(Connection& connection) override;

 private:
  void receive_one(Datagram& datagram, Timestamp now);
  void receive_unknown_version(const Datagram& datagram, const ngtcp2_version_cid& ids);
  void receive_unknown(Datagram& datagram, const ngtcp2_version_cid& ids, Timestamp now);
  Connection* accept(const Datagram& datagram, Timestamp now);
  Connection* open(const Datagram& datagram, const Admission& admission, Timestamp now);
  [[nodiscard]] bool must_prove_address() const;
  /// Of all endpoints that are counted together.
  [[nodiscard]] std::uint64_t sum(std::initializer_list<EndpointCounter> ids) const;
  /// The limit that one more connection from there would break.
  [[nodiscard]] std::optional<EndpointCounter> limit_reached(const SocketAddress& client) const;
  void negotiate_version(const Datagram& datagram, const ngtcp2_version_cid& ids);
  void retry(const Datagram& datagram, const ngtcp2_pkt_hd& initial, Timestamp now);
  void close_unopened(const Datagram& datagram, const ngtcp2_pkt_hd& initial, std::uint64_t error,
                      EndpointCounter counter);
  void reset(const Datagram& datagram, Bytes id, Timestamp now);
  void settle(Connection& connection);
  void settle_read(Connection& connection);
  void remove(Connection& connection);
  void answer(const Datagram& datagram, const std::function<std::ptrdiff_t(MutableBytes)>& write,
              EndpointCounter counter);

  Port& port_;
  std::shared_ptr<const TlsContext> tls_;
  std::vector<Service*> services_;
  EndpointConfig config_;
  EndpointCounters& counters_;
  Secrets::Key reset_key_;
  AddressTokens tokens_;
  std::chrono::nanoseconds wall_offset_;  // from our clock to Unix time
  TokenBucket resets_;
  MemoryLimit memory_;
  ConnectionTable table_;
  TimerHeap timers_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> write_due_;
  std::vector<Connection*> writing_;
  Ended ended_;
  Forwarder* others_ = nullptr;
  std::vector<const EndpointCounters*> counted_{&counters_};
  bool shutting_down_ = false;  // no new connections
};

}  // namespace quicrx
