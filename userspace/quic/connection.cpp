// SPDX-License-Identifier: MIT
#include "quic/connection.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>
#include <bit>

#include "quic/callbacks.h"

namespace quicrx {
namespace {

EndpointCounter gauge_of(Connection::State state) {
  switch (state) {
    case Connection::State::handshake:
      return EndpointCounter::connections_handshake;
    case Connection::State::active:
      return EndpointCounter::connections_active;
    case Connection::State::closing:
      return EndpointCounter::connections_closing;
    default:
      return EndpointCounter::connections_draining;
  }
}

/// Of a packet that brought nothing. Data costs its sender about what it costs us, also when it is sent
/// again.
PeerConduct::Packet useless_kind(const PacketContent& content) {
  constexpr std::size_t kMuch = 256;
  if (!content.ack_eliciting) return PeerConduct::Packet::passive;
  return content.stream_bytes >= kMuch ? PeerConduct::Packet::repeated : PeerConduct::Packet::ack_eliciting;
}

ConnectionFrames frames_for(const EndpointConfig& config, const SocketAddress& client) {
  return config.pools != nullptr ? config.pools->begin(client) : ConnectionFrames();
}

}  // namespace

std::unique_ptr<Connection> Connection::accept(ConnectionHost& host, const Admission& admission,
                                               const Path& path, Timestamp now) {
  auto connection = std::make_unique<Connection>(host, path, admission.proven(), now);
  return connection->start(admission, now) ? std::move(connection) : nullptr;
}

Connection::Connection(ConnectionHost& host, const Path& path, bool address_proven, Timestamp now)
    : host_(host),
      memory_(host.config().limits.connection_memory, host.memory()),
      frames_(frames_for(host.config(), path.remote)),
      send_frames_(frames_.send),
      hold_frames_(frames_.hold),
      path_(path),
      first_remote_(path.remote),
      address_proven_(address_proven),
      conduct_(host.config().limits, now),
      request_credit_(host.config().limits.streams_bidi),
      uni_credit_(host.config().limits.streams_uni),
      last_time_(now) {
  paths_.learn(path, path);
  ngtcp2_ccerr_default(&close_error_);
  host_.counters().add(gauge_of(state_));
  if (!address_proven_) host_.counters().add(EndpointCounter::handshakes_unproven);
}

Connection::~Connection() {
  finish();
  session_.reset();  // and with it what it held
  if (PoolPolicy* pools = host_.config().pools) pools->end(frames_);
}

bool Connection::start(const Admission& admission, Timestamp now) {
  ngtcp2_settings settings = settings_for(host_, path_, admission, mtu_probes_, now);
  ngtcp2_transport_params parameters = parameters_for(host_, path_, admission);
  const std::string& qlog_dir = host_.config().qlog_dir;
  if (!qlog_dir.empty() && check_qlog_is_safe(ngtcp2_version(0)->version_num)) {
    qlog_ = QlogFile::create(qlog_dir, parameters.original_dcid);
    if (qlog_) settings.qlog_write = Callbacks::write_qlog;
  }
  ngtcp2_cid id{};
  parameters.stateless_reset_token_present = 1;
  if (!add_new_id(id, parameters.stateless_reset_token)) return false;
  if (parameters.preferred_addr_present != 0 &&
      !add_new_id(parameters.preferred_addr.cid, parameters.preferred_addr.stateless_reset_token))
    return false;
  tls_context_ = host_.tls();
  const ngtcp2_callbacks& callbacks = Callbacks::table(tls_context_->cipher_library() != nullptr);
  ngtcp2_conn* conn = nullptr;
  const ngtcp2_path path = to_ngtcp2(path_);
  if (ngtcp2_conn_server_new(&conn, &admission.initial.scid, &id, &path, admission.initial.version,
                             &callbacks, &settings, &parameters, memory_.allocator(), this) != 0)
    return false;
  conn_.reset(conn);
  return start_tls() && add_id(admission.initial.dcid);
}

bool Connection::start_tls() {
  tls_ = tls_context_->new_session();
  if (!tls_) return false;
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<Connection*>(reference->user_data)->conn_.get();
  };
  gnutls_session_set_ptr(tls_.get(), &reference_);
  ngtcp2_conn_set_tls_native_handle(conn_.get(), tls_.get());
  return true;
}

bool Connection::make_reset_token(const ngtcp2_cid& id, std::uint8_t* token) const {
  const Bytes key = host_.reset_key();
  return ngtcp2_crypto_generate_stateless_reset_token(token, key.data(), key.size(), &id) == 0;
}

/// A fresh ID, under which the table knows us, and its stateless reset token.
bool Connection::add_new_id(ngtcp2_cid& id, std::uint8_t* reset_token) {
  id.datalen = kConnectionIdBytes;
  host_.make_id({id.data, id.datalen});
  return make_reset_token(id, reset_token) && add_id(id);
}

bool Connection::add_id(const ngtcp2_cid& id) {
  const ConnectionId own(id);
  if (!host_.table().add(own, *this)) return false;
  ids_.push_back(own);
  return true;
}

bool Connection::open_session() {
  Service* service = host_.service(chosen_alpn(tls_.get()));
  if (service == nullptr) return false;
  session_ = service->accept(*this);
  session_->streams_allowed(host_.config().limits.streams_bidi);
  session_->ready();
  if (host_.draining()) session_->drain();
  return true;  // what the session closes with is sent by write()
}

void Connection::complete_handshake() {
  set_state(State::active);
  EndpointCounters& counters = host_.counters();
  counters.add(EndpointCounter::handshakes_completed);
  if (gnutls_session_is_resumed(tls_.get()) != 0) counters.add(EndpointCounter::handshakes_resumed);
  if ((gnutls_session_get_flags(tls_.get()) & GNUTLS_SFLAGS_EARLY_DATA) != 0)
    counters.add(EndpointCounter::early_data_accepted);
  offer_token();
  tls_context_->send_tickets(tls_.get());
  end_tls();
  if (session_) session_->handshake_completed();
}

/// A client's TLS has nothing to say any more, and key updates need no session of it (RFC 9001 section 6):
/// its ten kilobytes go, which is a sixth of an idle connection.
void Connection::end_tls() {
  ngtcp2_conn_set_tls_native_handle(conn_.get(), nullptr);
  tls_.reset();
}

/// For the client's next connection from this address.
void Connection::offer_token() {
  const auto token = host_.tokens().make(path_.remote, host_.wall_time(last_time_));
  if (token) ngtcp2_conn_submit_new_token(conn_.get(), token->view().data(), token->size);
}

void Connection::set_state(State state) {
  if (state_ == state || state_ == State::gone) return;
  host_.counters().subtract(gauge_of(state_));
  if (state_ == State::handshake && !address_proven_)
    host_.counters().subtract(EndpointCounter::handshakes_unproven);
  state_ = state;
  if (state_ != State::gone) host_.counters().add(gauge_of(state_));
}

std::uint64_t Connection::bytes_in_flight() const {
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info(conn_.get(), &info);
  return info.bytes_in_flight;
}

void Connection::read(const Datagram& datagram, Timestamp now) {
  ++statistics_.datagrams_received;
  statistics_.bytes_received += datagram.frame.payload().size();
  if (!conn_) {
    host_.counters().add(EndpointCounter::drop_closing);
    // RFC 9000 section 10.2.1: answered with the close, ever more rarely.
    ++packets_while_closing_;
    if (state_ == State::closing && std::has_single_bit(packets_while_closing_)) send_close_packet();
    return;
  }
  const ngtcp2_path path = to_ngtcp2(datagram.path);
  const ngtcp2_pkt_info info{.ecn = static_cast<std::uint8_t>(datagram.ecn)};
  const Bytes payload = datagram.frame.payload();
  // A NIC's timestamp may lie before what ngtcp2 has seen already, and its time only goes forward.
  last_time_ = std::max(last_time_, datagram.arrival);
  useful_ = state_ == State::handshake;
  const Before before{bytes_in_flight(), memory_.used(), last_decryption().count};
  const int error =
      ngtcp2_conn_read_pkt(conn_.get(), &path, &info, payload.data(), payload.size(), to_ngtcp2(last_time_));
  // Junk from elsewhere, which anybody can send, must not displace the paths on which the peer was heard.
  const bool authentic = last_decryption().count != before.decrypted;
  if (authentic) paths_.learn(datagram.path, path_);
  if (error != 0) {
    handle_read_error(error, now);
    return;
  }
  if (authentic && !duplicates_.seen(last_decryption().nonce)) judge_packet(before);
  follow_path();
  host_.want_write(*this);
}

void Connection::judge_packet(const Before& before) {
  const std::size_t kept = memory_.used() - std::min(before.memory, memory_.used());
  const bool useful = useful_ || bytes_in_flight() < before.in_flight;
  const auto what = useful ? PeerConduct::Packet::useful : useless_kind(last_decryption().content);
  if (!conduct_.packet(last_time_, what, kept)) close_for(EndpointCounter::connections_closed_misuse);
}

/// The path in use is ngtcp2's to choose: it has authenticated what came, and validated where it came from.
void Connection::follow_path() {
  if (const Path* known = known_path(*ngtcp2_conn_get_path(conn_.get()))) path_ = *known;
}

void Connection::handle_read_error(int error, Timestamp now) {
  switch (error) {
    case NGTCP2_ERR_DRAINING:
      host_.counters().add(EndpointCounter::connections_closed_by_peer);
      enter_draining(now);
      return;
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:  // the first Initial does not begin the handshake: the client will send it again
      give_up();
      return;
    case NGTCP2_ERR_CRYPTO:
      if (close_wanted_) break;
      ngtcp2_ccerr_set_tls_alert(&close_error_, ngtcp2_conn_get_tls_alert(conn_.get()), nullptr, 0);
      host_.counters().add(EndpointCounter::tls_alerts_sent);
      break;
    default:
      set_close_error(error);
  }
  enter_closing(now);
}

void Connection::expire(Timestamp now) {
  if (!conn_) {
    if (now >= linger_until_) finish();
    return;
  }
  last_time_ = std::max(last_time_, now);
  const auto stalled_at = conduct_.stalled_at();
  if (open_requests_ > 0 && stalled_at && now >= *stalled_at)
    close_for(EndpointCounter::connections_closed_stalled);
  const int error = ngtcp2_conn_handle_expiry(conn_.get(), to_ngtcp2(last_time_));
  if (error == NGTCP2_ERR_IDLE_CLOSE) {
    host_.counters().add(EndpointCounter::connections_idle_closed);
    give_up();
    return;
  }
  if (error != 0) {
    if (error == NGTCP2_ERR_HANDSHAKE_TIMEOUT) host_.counters().add(EndpointCounter::handshake_timeouts);
    set_close_error(error);
    enter_closing(now);
    return;
  }
  host_.want_write(*this);
}

std::optional<Timestamp> Connection::deadline() const {
  if (state_ == State::gone) return std::nullopt;
  if (!conn_) return linger_until_;
  const Timestamp next = from_ngtcp2(ngtcp2_conn_get_expiry(conn_.get()));
  const auto stalled_at = conduct_.stalled_at();
  return open_requests_ > 0 && !close_wanted_ && stalled_at ? std::min(next, *stalled_at) : next;
}

ConnectionStatistics Connection::statistics() const {
  ConnectionStatistics now = statistics_;
  if (conn_) {
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(conn_.get(), &info);
    now.smoothed_rtt = std::chrono::nanoseconds(info.smoothed_rtt);
    now.congestion_window = info.cwnd;
  }
  return now;
}

}  // namespace quicrx
