// SPDX-License-Identifier: MIT
#include "quic/connection.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>
#include <bit>

#include "quic/callbacks.h"

namespace quicrx {
namespace {

constexpr std::size_t kMaxClosePacket = 1200;
constexpr std::size_t kStandardPayload = 1472;  // of Ethernet, over IPv4
constexpr std::uint64_t kIdsForPeer = 7;        // connection IDs of the peer that we keep

ngtcp2_addr to_address(const SocketAddress& address) {
  return {.addr = const_cast<sockaddr*>(address.get()), .addrlen = address.size()};
}

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

/// `probes` outlives the connection.
ngtcp2_settings settings_for(ConnectionHost& host, const Path& path, MtuProbes& probes, Timestamp now) {
  const EndpointLimits& limits = host.limits();
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = to_ngtcp2(now);
  settings.max_tx_udp_payload_size = host.port().max_payload(path);
  // ngtcp2's own list ends with what Ethernet's standard MTU holds; a jumbo one is tried behind it.
  if (settings.max_tx_udp_payload_size > kStandardPayload) {
    probes = {1406, 1342, 1232, 1444, static_cast<std::uint16_t>(settings.max_tx_udp_payload_size)};
    settings.pmtud_probes = probes.data();
    settings.pmtud_probeslen = probes.size();
  }
  settings.handshake_timeout = static_cast<ngtcp2_duration>(limits.handshake_timeout.count());
  settings.max_window = limits.max_connection_window;
  settings.max_stream_window = limits.max_stream_window;
  // The client's token is not handed on before we issue and verify tokens: ngtcp2 takes any as proof of its
  // address.
  return settings;
}

ngtcp2_transport_params parameters_for(ConnectionHost& host, const ngtcp2_pkt_hd& initial, const Path& path) {
  const EndpointLimits& limits = host.limits();
  ngtcp2_transport_params parameters;
  ngtcp2_transport_params_default(&parameters);
  parameters.original_dcid = initial.dcid;
  parameters.original_dcid_present = 1;
  parameters.initial_max_data = limits.connection_window;
  parameters.initial_max_stream_data_bidi_local = limits.stream_window;
  parameters.initial_max_stream_data_bidi_remote = limits.stream_window;
  parameters.initial_max_stream_data_uni = limits.stream_window;
  parameters.initial_max_streams_bidi = limits.streams_bidi;
  parameters.initial_max_streams_uni = limits.streams_uni;
  parameters.max_idle_timeout = static_cast<ngtcp2_duration>(limits.idle_timeout.count());
  parameters.max_udp_payload_size = host.port().max_payload(path);
  parameters.active_connection_id_limit = kIdsForPeer;
  parameters.max_datagram_frame_size = parameters.max_udp_payload_size;
  parameters.grease_quic_bit = 1;
  return parameters;
}

}  // namespace

ngtcp2_path to_ngtcp2(const Path& path) {
  return {.local = to_address(path.local), .remote = to_address(path.remote), .user_data = nullptr};
}

std::unique_ptr<Connection> Connection::accept(ConnectionHost& host, const ngtcp2_pkt_hd& initial,
                                               const Path& path, Timestamp now) {
  auto connection = std::make_unique<Connection>(host, path);
  return connection->start(initial, now) ? std::move(connection) : nullptr;
}

Connection::Connection(ConnectionHost& host, const Path& path) : host_(host), path_(path) {
  paths_.learn(path, path);
  ngtcp2_ccerr_default(&close_error_);
  host_.counters().add(gauge_of(state_));
}

Connection::~Connection() {
  finish();
}

bool Connection::start(const ngtcp2_pkt_hd& initial, Timestamp now) {
  last_time_ = now;
  const ngtcp2_settings settings = settings_for(host_, path_, mtu_probes_, now);
  ngtcp2_transport_params parameters = parameters_for(host_, initial, path_);
  ngtcp2_cid id{};
  id.datalen = kConnectionIdBytes;
  fill_random({id.data, id.datalen});
  const Bytes secret = host_.reset_secret();
  parameters.stateless_reset_token_present = 1;
  if (ngtcp2_crypto_generate_stateless_reset_token(parameters.stateless_reset_token, secret.data(),
                                                   secret.size(), &id) != 0)
    return false;

  ngtcp2_conn* conn = nullptr;
  const ngtcp2_path path = to_ngtcp2(path_);
  if (ngtcp2_conn_server_new(&conn, &initial.scid, &id, &path, initial.version, &Callbacks::table(),
                             &settings, &parameters, nullptr, this) != 0)
    return false;
  conn_.reset(conn);
  tls_ = host_.tls().new_session();
  if (!tls_) return false;
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<Connection*>(reference->user_data)->conn_.get();
  };
  gnutls_session_set_ptr(tls_.get(), &reference_);
  ngtcp2_conn_set_tls_native_handle(conn, tls_.get());
  return add_id(id) && add_id(initial.dcid);
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
  session_->streams_allowed(host_.limits().streams_bidi);
  session_->ready();
  return true;  // what the session closes with is sent by write()
}

void Connection::set_state(State state) {
  if (state_ == state || state_ == State::gone) return;
  host_.counters().subtract(gauge_of(state_));
  state_ = state;
  if (state_ != State::gone) host_.counters().add(gauge_of(state_));
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
  paths_.learn(datagram.path, path_);
  const ngtcp2_path path = to_ngtcp2(datagram.path);
  const ngtcp2_pkt_info info{.ecn = static_cast<std::uint8_t>(datagram.ecn)};
  const Bytes payload = datagram.frame.payload();
  // A NIC's timestamp may lie before what ngtcp2 has seen already, and its time only goes forward.
  last_time_ = std::max(last_time_, datagram.arrival);
  const int error =
      ngtcp2_conn_read_pkt(conn_.get(), &path, &info, payload.data(), payload.size(), to_ngtcp2(last_time_));
  if (error != 0) {
    handle_read_error(error, now);
    return;
  }
  follow_path();
  host_.want_write(*this);
}

/// The path in use is ngtcp2's to choose: it has authenticated what came, and validated where it came from.
void Connection::follow_path() {
  const Path* known = known_path(*ngtcp2_conn_get_path(conn_.get()));
  if (known != nullptr) path_ = *known;
}

void Connection::handle_read_error(int error, Timestamp now) {
  switch (error) {
    case NGTCP2_ERR_DRAINING:
      host_.counters().add(EndpointCounter::connections_closed_by_peer);
      enter_draining(now);
      return;
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:  // the first Initial does not begin the handshake: the client will send it again
      count_failed_handshake();
      finish();
      return;
    case NGTCP2_ERR_CRYPTO:
      if (!close_wanted_)
        ngtcp2_ccerr_set_tls_alert(&close_error_, ngtcp2_conn_get_tls_alert(conn_.get()), nullptr, 0);
      break;
    default:
      set_close_error(error);
  }
  enter_closing(now);
}

/// What the service closed with stands; ngtcp2 may only say that a callback failed.
void Connection::set_close_error(int error) {
  if (!close_wanted_) ngtcp2_ccerr_set_liberr(&close_error_, error, nullptr, 0);
}

void Connection::enter_closing(Timestamp now) {
  count_failed_handshake();
  host_.counters().add(EndpointCounter::connections_closed_by_us);
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  close_packet_.resize(std::min(kMaxClosePacket, host_.port().max_payload(path_)));
  const ngtcp2_ssize bytes =
      ngtcp2_conn_write_connection_close(conn_.get(), &path.path, &info, close_packet_.data(),
                                         close_packet_.size(), &close_error_, to_ngtcp2(now));
  if (bytes <= 0) {
    finish();
    return;
  }
  if (const Path* known = known_path(path.path)) path_ = *known;
  close_packet_.resize(static_cast<std::size_t>(bytes));
  close_due_ = true;
  linger(State::closing, std::chrono::nanoseconds(3 * ngtcp2_conn_get_pto(conn_.get())), now);
  send_close_packet();
}

void Connection::count_failed_handshake() {
  if (state_ == State::handshake) host_.counters().add(EndpointCounter::handshakes_failed);
}

void Connection::enter_draining(Timestamp now) {
  count_failed_handshake();
  linger(State::draining, std::chrono::nanoseconds(3 * ngtcp2_conn_get_pto(conn_.get())), now);
}

void Connection::linger(State state, std::chrono::nanoseconds time, Timestamp now) {
  statistics_ = statistics();
  set_state(state);
  linger_until_ = now + time;
  session_.reset();
  conn_.reset();
  tls_.reset();
}

void Connection::finish() {
  statistics_ = statistics();
  set_state(State::gone);
  for (const ConnectionId& id : ids_) host_.table().remove(id);
  ids_.clear();
  session_.reset();
  conn_.reset();
  tls_.reset();
}

bool Connection::send_close_packet() {
  auto frame = host_.port().acquire(path_);
  if (!frame || frame->room().size() < close_packet_.size()) return false;
  std::ranges::copy(close_packet_, frame->room().begin());
  frame->resize(close_packet_.size());
  close_due_ = false;
  ++statistics_.datagrams_sent;
  statistics_.bytes_sent += close_packet_.size();
  host_.port().send(std::move(*frame), path_, Ecn::not_ect);
  return true;
}

void Connection::expire(Timestamp now) {
  if (!conn_) {
    if (now >= linger_until_) finish();
    return;
  }
  last_time_ = now;
  const int error = ngtcp2_conn_handle_expiry(conn_.get(), to_ngtcp2(now));
  if (error == NGTCP2_ERR_IDLE_CLOSE) {
    count_failed_handshake();
    host_.counters().add(EndpointCounter::connections_idle_closed);
    finish();
    return;
  }
  if (error != 0) {
    set_close_error(error);
    enter_closing(now);
    return;
  }
  host_.want_write(*this);
}

void Connection::shut_down(Timestamp now) {
  if (!conn_) return;
  if (session_ && !close_wanted_) close(session_->no_error());
  enter_closing(now);
}

std::optional<Timestamp> Connection::deadline() const {
  if (state_ == State::gone) return std::nullopt;
  if (!conn_) return linger_until_;
  const ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(conn_.get());
  constexpr auto kLast = static_cast<ngtcp2_tstamp>(std::chrono::nanoseconds::max().count());
  return Timestamp(std::chrono::nanoseconds(std::min(expiry, kLast)));
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
