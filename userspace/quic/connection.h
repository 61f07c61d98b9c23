// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quic/host.h"
#include "quic/path_table.h"
#include "quic/timer_heap.h"
#include "quicrx/datagram.h"
#include "quicrx/service.h"

namespace quicrx {

/// ngtcp2's clock: nanoseconds since the epoch of the steady clock.
inline ngtcp2_tstamp to_ngtcp2(Timestamp time) {
  return static_cast<ngtcp2_tstamp>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}
/// Our addresses as ngtcp2 takes them; points into `path`, which must live as long.
ngtcp2_path to_ngtcp2(const Path& path);

/// What went over a connection.
struct ConnectionStatistics {
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t datagrams_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t streams = 0;
  std::chrono::nanoseconds smoothed_rtt{0};
  std::uint64_t congestion_window = 0;  ///< bytes
};

/// UDP payload sizes that path MTU discovery tries, in this order.
using MtuProbes = std::array<std::uint16_t, 5>;

/// One server connection: ngtcp2's state machine, its TLS session, and the session of its service.
///
/// The endpoint reads all datagrams of a batch into its connections before it lets any write, so that one
/// acknowledgement covers many packets (RFC 9000 section 13.2.2).
class Connection final : public StreamControl, public Timer {
 public:
  enum class State { handshake, active, closing, draining, gone };

  /// Opens a connection for an acceptable Initial; null when the libraries refuse. The Initial is still to be
  /// read.
  static std::unique_ptr<Connection> accept(ConnectionHost& host, const ngtcp2_pkt_hd& initial,
                                            const Path& path, Timestamp now);
  explicit Connection(ConnectionHost& host, const Path& path);
  ~Connection();

  void read(const Datagram& datagram, Timestamp now);
  void expire(Timestamp now);

  enum class Write { done, no_frame };
  Write write(Timestamp now);

  /// Closes with the service's "no error".
  void shut_down(Timestamp now);
  /// Whether a close is still to be sent, for want of a transmit frame; then it is tried again.
  bool close_unsent() { return state_ == State::closing && close_due_ && !send_close_packet(); }

  [[nodiscard]] State state() const { return state_; }
  /// When expire() is due; nothing when the connection is gone.
  [[nodiscard]] std::optional<Timestamp> deadline() const;
  [[nodiscard]] ConnectionStatistics statistics() const;
  [[nodiscard]] const SocketAddress& remote() const { return path_.remote; }

  // StreamControl
  void consume(StreamId stream, std::uint64_t bytes) override;

  void wake() override;
  void abort(StreamId stream, AppError error) override;
  void stop_reading(StreamId stream, AppError error) override;
  [[nodiscard]] StreamId open_uni() override;
  void close(AppError error) override;
  [[nodiscard]] bool early() const override;
  [[nodiscard]] std::size_t max_datagram() const override;
  bool send_datagram(Bytes data) override;
  void count_misuse() override;

  bool write_due = false;  ///< the endpoint's: on its list of those to write
  std::size_t index = 0;   ///< the endpoint's: in its list of connections

 private:
  struct Callbacks;
  struct ConnDeleter {
    void operator()(ngtcp2_conn* conn) const { ngtcp2_conn_del(conn); }
  };

  bool start(const ngtcp2_pkt_hd& initial, Timestamp now);
  bool add_id(const ngtcp2_cid& id);
  bool open_session();
  void set_state(State state);
  void handle_read_error(int error, Timestamp now);
  void set_close_error(int error);
  void count_failed_handshake();
  void enter_closing(Timestamp now);
  void enter_draining(Timestamp now);
  void linger(State state, std::chrono::nanoseconds time, Timestamp now);
  void finish();
  void follow_path();
  bool send_close_packet();
  void send(Frame frame, const ngtcp2_path& path, std::uint8_t ecn);
  const Path* known_path(const ngtcp2_path& path) const;
  std::optional<std::size_t> write_datagram(Frame& frame, Timestamp now);
  std::optional<std::size_t> write_part(MutableBytes room, ngtcp2_path_storage& path, ngtcp2_pkt_info& info,
                                        bool& more, Timestamp now);
  std::optional<std::size_t> write_datagram_frame(MutableBytes room, ngtcp2_path_storage& path,
                                                  ngtcp2_pkt_info& info, bool& more, Timestamp now);
  bool stream_refused(ngtcp2_ssize result, StreamId stream);

  ConnectionHost& host_;
  Path path_;  // in use, as ngtcp2 has it
  PathTable paths_;
  State state_ = State::handshake;
  std::vector<ConnectionId> ids_;  // those under which the table knows us
  TlsSession tls_;
  std::unique_ptr<ngtcp2_conn, ConnDeleter> conn_;  // gone once the connection lingers
  ngtcp2_crypto_conn_ref reference_{};
  std::unique_ptr<Session> session_;
  ngtcp2_ccerr close_error_{};
  bool close_wanted_ = false;
  std::deque<std::vector<std::uint8_t>> datagrams_;  // to be sent
  std::vector<std::uint8_t> close_packet_;
  bool close_due_ = false;  // close_packet_ has not left once
  std::uint64_t packets_while_closing_ = 0;
  Timestamp linger_until_;
  MtuProbes mtu_probes_{};
  Timestamp last_time_;  // the latest that ngtcp2 was told
  ConnectionStatistics statistics_;
};

}  // namespace quicrx
