// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quic/budgeted_frames.h"
#include "quic/connection_memory.h"
#include "quic/connection_settings.h"
#include "quic/decryption_watch.h"
#include "quic/duplicate_window.h"
#include "quic/host.h"
#include "quic/path_table.h"
#include "quic/peer_conduct.h"
#include "quic/qlog_file.h"
#include "quic/stream_credit.h"
#include "quic/timer_heap.h"
#include "quic/tls_message_filter.h"
#include "quicrx/datagram.h"
#include "quicrx/service.h"

namespace quicrx {

class StreamRun;

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

/// One server connection: ngtcp2's state machine, its TLS session, and the session of its service.
///
/// The endpoint reads all datagrams of a batch into its connections before it lets any write, so that one
/// acknowledgement covers many packets (RFC 9000 section 13.2.2).
class Connection final : public StreamControl, public Timer {
 public:
  enum class State { handshake, active, closing, draining, gone };

  /// Opens a connection for an acceptable Initial; null when the libraries refuse. The Initial is still to be
  /// read.
  static std::unique_ptr<Connection> accept(ConnectionHost& host, const Admission& admission,
                                            const Path& path, Timestamp now);
  Connection(ConnectionHost& host, const Path& path, bool address_proven, Timestamp now);
  ~Connection();

  void read(const Datagram& datagram, Timestamp now);
  void expire(Timestamp now);

  enum class Write { done, no_frame };
  Write write(Timestamp now);

  /// Whether an Initial of this version, from there and with our first ID, begins anew: its client was led to
  /// another version by a version negotiation that was damaged on its way. (Who can forge one can as well end
  /// a handshake by a forged CONNECTION_CLOSE: RFC 9000 section 21.2.)
  [[nodiscard]] bool begun_anew(std::uint32_t version, const SocketAddress& client) const;
  /// Ends without a word; a handshake that was under way has failed.
  void give_up() {
    count_failed_handshake();
    finish();
  }

  /// Has the session take nothing new, and the peer told so.
  void drain();
  /// Nothing is under way that a close would cut off.
  [[nodiscard]] bool drained() const { return !session_ || session_->drained(); }
  /// Closes with the service's "no error".
  void shut_down(Timestamp now);
  /// Whether a close is still to be sent, for want of a transmit frame; then it is tried again.
  bool close_unsent() { return state_ == State::closing && close_due_ && !send_close_packet(); }

  [[nodiscard]] State state() const { return state_; }
  /// When expire() is due; nothing when the connection is gone.
  [[nodiscard]] std::optional<Timestamp> deadline() const;
  [[nodiscard]] ConnectionStatistics statistics() const;
  [[nodiscard]] const SocketAddress& remote() const { return path_.remote; }
  /// Where its first datagram came from.
  [[nodiscard]] const SocketAddress& first_remote() const { return first_remote_; }

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
  [[nodiscard]] HeldBytes hold() override;
  void count_misuse() override;

  bool write_due = false;  ///< the endpoint's: on its list of those to write
  std::size_t index = 0;   ///< the endpoint's: in its list of connections

 private:
  struct Callbacks;
  struct ConnDeleter {
    void operator()(ngtcp2_conn* conn) const { ngtcp2_conn_del(conn); }
  };

  bool start(const Admission& admission, Timestamp now);
  bool start_tls();
  bool make_reset_token(const ngtcp2_cid& id, std::uint8_t* token) const;
  bool add_new_id(ngtcp2_cid& id, std::uint8_t* reset_token);
  bool add_id(const ngtcp2_cid& id);
  bool open_session();
  void complete_handshake();
  void end_tls();
  void offer_token();
  [[nodiscard]] std::uint64_t bytes_in_flight() const;
  /// How things were before a datagram was read.
  struct Before {
    std::uint64_t in_flight = 0;
    std::size_t memory = 0;
    std::uint64_t decrypted = 0;
  };
  void judge_packet(const Before& before);
  /// Closes for what the peer did, with the service's code for it.
  void close_for(EndpointCounter reason);
  void set_state(State state);
  void handle_read_error(int error, Timestamp now);
  void set_close_error(int error);
  void refuse_tls(TlsMessageFilter::Verdict verdict);
  void count_failed_handshake();
  void enter_closing(Timestamp now);
  void enter_draining(Timestamp now);
  void linger(State state, std::chrono::nanoseconds time, Timestamp now);
  void finish();
  void follow_path();
  bool send_close_packet();
  void send(Frame frame, const ngtcp2_path& path, std::uint8_t ecn);
  const Path* known_path(const ngtcp2_path& path) const;
  std::optional<Frame> take_frame();
  struct Outbound;
  Write write_datagrams(Timestamp now);
  std::size_t write_datagram(Frame& frame, Outbound& out);
  std::optional<std::size_t> write_part(Outbound& out, ngtcp2_pkt_info& info);
  std::optional<std::size_t> write_datagram_frame(Outbound& out, ngtcp2_pkt_info& info);
  std::size_t bytes_or_close(ngtcp2_ssize result);
  void update_keys_in_time(Timestamp now);
  bool stream_refused(ngtcp2_ssize result, StreamRun& run);

  ConnectionHost& host_;
  ConnectionMemory memory_;
  ConnectionFrames frames_;
  BudgetedFrames send_frames_;
  BudgetedFrames hold_frames_;
  Path path_;  // in use, as ngtcp2 has it
  SocketAddress first_remote_;
  bool address_proven_;  // before the handshake proves it
  PathTable paths_;
  State state_ = State::handshake;
  std::vector<ConnectionId> ids_;                   // those under which the table knows us
  std::shared_ptr<const TlsContext> tls_context_;   // outlives what is made of it: TLS session and keys
  TlsSession tls_;                                  // until the handshake is complete
  std::unique_ptr<ngtcp2_conn, ConnDeleter> conn_;  // gone once the connection lingers
  ngtcp2_crypto_conn_ref reference_{};
  TlsMessageFilter tls_filter_;
  std::unique_ptr<QlogFile> qlog_;
  std::unique_ptr<Session> session_;
  PeerConduct conduct_;
  DuplicateWindow duplicates_;
  StreamCredit request_credit_;
  StreamCredit uni_credit_;
  bool useful_ = false;              // the packet that is being read
  std::uint64_t open_requests_ = 0;  // bidirectional streams of the peer's
  std::uint64_t bytes_under_key_ = 0;
  ngtcp2_ccerr close_error_{};
  bool close_wanted_ = false;                       // close_error_ is set, and stands
  std::list<std::vector<std::uint8_t>> datagrams_;  // to be sent; empty, it holds no memory
  std::vector<std::uint8_t> close_packet_;
  bool close_due_ = false;  // close_packet_ has not left once
  bool close_is_limited_ =
      false;  // the peer's address is not proven: no more than three times what came from it
  std::uint64_t packets_while_closing_ = 0;
  Timestamp linger_until_;
  MtuProbes mtu_probes_{};
  Timestamp last_time_;  // the latest that ngtcp2 was told
  ConnectionStatistics statistics_;
};

}  // namespace quicrx
