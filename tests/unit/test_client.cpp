// SPDX-License-Identifier: MIT
#include "test_client.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "client_callbacks.h"
#include "quic/connection.h"
#include "quic/tls_context.h"

namespace quicrx::test {
namespace {

TestClient& self(void* user_data) {
  return *static_cast<TestClient*>(user_data);
}

ngtcp2_callbacks callbacks() {
  ngtcp2_callbacks made = client_callbacks();
  made.recv_stream_data = [](ngtcp2_conn* conn, std::uint32_t flags, std::int64_t stream, std::uint64_t,
                             const std::uint8_t* data, std::size_t bytes, void* user_data, void*) {
    self(user_data).received[stream].append(reinterpret_cast<const char*>(data), bytes);
    if ((flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0) self(user_data).finished[stream] = true;
    ngtcp2_conn_extend_max_stream_offset(conn, stream, bytes);
    ngtcp2_conn_extend_max_offset(conn, bytes);
    return 0;
  };
  made.recv_new_token = [](ngtcp2_conn*, const std::uint8_t* token, std::size_t bytes, void* user_data) {
    self(user_data).new_token.assign(reinterpret_cast<const char*>(token), bytes);
    return 0;
  };
  made.stream_reset = [](ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t error,
                         void* user_data, void*) {
    self(user_data).stream_errors[stream] = error;
    return 0;
  };
  return made;
}

/// As ngtcp2's own, but that keys of 0-RTT are made once: GnuTLS makes them again after a HelloRetryRequest.
int install_secrets(gnutls_session_t session, gnutls_record_encryption_level_t gnutls_level,
                    const void* receive, const void* send, std::size_t bytes) {
  auto* reference = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
  ngtcp2_conn* conn = reference->get_conn(reference);
  const auto level = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(gnutls_level);
  if (level == NGTCP2_ENCRYPTION_LEVEL_0RTT &&
      ngtcp2_conn_get_0rtt_crypto_ctx(conn)->aead.native_handle != nullptr)
    return 0;
  const auto* to_receive = static_cast<const std::uint8_t*>(receive);
  const auto* to_send = static_cast<const std::uint8_t*>(send);
  const bool done =
      (receive == nullptr || ngtcp2_crypto_derive_and_install_rx_key(conn, nullptr, nullptr, nullptr, level,
                                                                     to_receive, bytes) == 0) &&
      (send == nullptr ||
       ngtcp2_crypto_derive_and_install_tx_key(conn, nullptr, nullptr, nullptr, level, to_send, bytes) == 0);
  return done ? 0 : -1;
}

}  // namespace

TestClient::TestClient(const std::string& alpn, const Path& server_path, Timestamp now, const Kind& kind)
    : path_(server_path) {
  std::swap(path_.local, path_.remote);
  gnutls_certificate_allocate_credentials(&credentials_);
  // Of other groups the server has to ask for a share.
  const unsigned shares = kind.two_shares ? GNUTLS_KEY_SHARE_TOP2 : GNUTLS_KEY_SHARE_TOP;
  gnutls_init(&tls_, GNUTLS_CLIENT | GNUTLS_ENABLE_EARLY_DATA | GNUTLS_NO_END_OF_EARLY_DATA | shares);
  const std::string priorities = "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3" + kind.groups;
  gnutls_priority_set_direct(tls_, priorities.c_str(), nullptr);
  if (!kind.session.empty()) gnutls_session_set_data(tls_, kind.session.data(), kind.session.size());
  gnutls_credentials_set(tls_, GNUTLS_CRD_CERTIFICATE, credentials_);
  std::string name = alpn;
  const gnutls_datum_t offered{reinterpret_cast<unsigned char*>(name.data()),
                               static_cast<unsigned>(name.size())};
  gnutls_alpn_set_protocols(tls_, &offered, 1, 0);
  ngtcp2_crypto_gnutls_configure_client_session(tls_);
  gnutls_handshake_set_secret_function(tls_, install_secrets);

  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = to_ngtcp2(now);
  settings.token = reinterpret_cast<const std::uint8_t*>(kind.token.data());
  settings.tokenlen = kind.token.size();
  ngtcp2_transport_params parameters;
  ngtcp2_transport_params_default(&parameters);
  parameters.initial_max_data = parameters.initial_max_stream_data_bidi_local = 1 << 20;
  parameters.initial_max_stream_data_uni = 1 << 20;
  parameters.initial_max_streams_uni = 3;
  ngtcp2_cid source{}, destination{};
  source.datalen = destination.datalen = 17;
  fill_random({source.data, source.datalen});
  fill_random({destination.data, destination.datalen});
  if (kind.first_id != 0) std::fill_n(destination.data, destination.datalen, kind.first_id);
  const ngtcp2_path path = to_ngtcp2(path_);
  const ngtcp2_callbacks table = callbacks();
  ngtcp2_conn* conn = nullptr;
  ngtcp2_conn_client_new(&conn, &destination, &source, &path, kind.version, &table, &settings, &parameters,
                         nullptr, this);
  conn_.reset(conn);
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return self(reference->user_data).conn_.get();
  };
  gnutls_session_set_ptr(tls_, &reference_);
  ngtcp2_conn_set_tls_native_handle(conn, tls_);
  const auto* limits = reinterpret_cast<const std::uint8_t*>(kind.limits.data());
  may_send_early_ = !kind.limits.empty() &&
                    ngtcp2_conn_decode_and_set_0rtt_transport_params(conn, limits, kind.limits.size()) == 0;
}

TestClient::~TestClient() {
  conn_.reset();
  gnutls_deinit(tls_);
  gnutls_certificate_free_credentials(credentials_);
}

std::string TestClient::session_data() const {
  gnutls_datum_t data{};
  if (gnutls_session_get_data2(tls_, &data) != 0) return {};
  std::string copy(reinterpret_cast<const char*>(data.data), data.size);
  gnutls_free(data.data);
  return copy;
}

std::string TestClient::server_limits() const {
  std::string limits(256, '\0');
  const ngtcp2_ssize bytes = ngtcp2_conn_encode_0rtt_transport_params(
      conn_.get(), reinterpret_cast<std::uint8_t*>(limits.data()), limits.size());
  limits.resize(static_cast<std::size_t>(std::max<ngtcp2_ssize>(bytes, 0)));
  return limits;
}

std::string TestClient::certificate() const {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(tls_, &count);
  return chain == nullptr ? "" : std::string(reinterpret_cast<const char*>(chain->data), chain->size);
}

std::vector<std::vector<std::uint8_t>> TestClient::write(Timestamp now) {
  std::vector<std::vector<std::uint8_t>> datagrams;
  while (!draining) {
    std::vector<std::uint8_t> datagram(1452);
    auto next = std::ranges::find_if(pending_, [](const auto& entry) { return !entry.second.done; });
    const bool has_data = next != pending_.end() && (handshake_done() || may_send_early_);
    const std::int64_t stream = has_data ? next->first : -1;
    ngtcp2_vec part{};
    if (has_data) {
      std::string& bytes = next->second.bytes;
      part = {reinterpret_cast<std::uint8_t*>(bytes.data()) + next->second.sent,
              bytes.size() - next->second.sent};
    }
    ngtcp2_ssize taken = -1;
    ngtcp2_pkt_info info{};
    const ngtcp2_ssize written =
        ngtcp2_conn_writev_stream(conn_.get(), nullptr, &info, datagram.data(), datagram.size(), &taken,
                                  has_data ? std::uint32_t{NGTCP2_WRITE_STREAM_FLAG_FIN} : 0, stream, &part,
                                  has_data ? 1 : 0, to_ngtcp2(now));
    if (taken >= 0 && has_data) {
      next->second.sent += static_cast<std::size_t>(taken);
      next->second.done = next->second.sent == next->second.bytes.size();
    }
    if (written <= 0) break;
    datagram.resize(static_cast<std::size_t>(written));
    datagrams.push_back(std::move(datagram));
  }
  ngtcp2_conn_update_pkt_tx_time(conn_.get(), to_ngtcp2(now));
  return datagrams;
}

void TestClient::read(const std::vector<std::uint8_t>& datagram, Timestamp now) {
  const ngtcp2_path path = to_ngtcp2(path_);
  const ngtcp2_pkt_info info{};
  const int result =
      ngtcp2_conn_read_pkt(conn_.get(), &path, &info, datagram.data(), datagram.size(), to_ngtcp2(now));
  if (result == NGTCP2_ERR_DRAINING) draining = true;
  if (result != 0) error = result;
}

std::vector<std::uint8_t> TestClient::close(Timestamp now) {
  std::vector<std::uint8_t> datagram(1452);
  ngtcp2_ccerr reason;
  ngtcp2_ccerr_default(&reason);
  ngtcp2_pkt_info info{};
  const ngtcp2_ssize written = ngtcp2_conn_write_connection_close(
      conn_.get(), nullptr, &info, datagram.data(), datagram.size(), &reason, to_ngtcp2(now));
  datagram.resize(static_cast<std::size_t>(std::max<ngtcp2_ssize>(written, 0)));
  return datagram;
}

void TestClient::expire(Timestamp now) {
  if (!draining && ngtcp2_conn_get_expiry(conn_.get()) <= to_ngtcp2(now))
    error = ngtcp2_conn_handle_expiry(conn_.get(), to_ngtcp2(now));
}

std::int64_t TestClient::request(const std::string& bytes) {
  std::int64_t stream = -1;
  if (ngtcp2_conn_open_bidi_stream(conn_.get(), &stream, nullptr) == 0) pending_[stream].bytes = bytes;
  return stream;
}

void TestClient::say_in_tls(const std::vector<std::uint8_t>& message) {
  tls_messages_.push_back(message);
  ngtcp2_conn_submit_crypto_data(conn_.get(), NGTCP2_ENCRYPTION_LEVEL_1RTT, tls_messages_.back().data(),
                                 message.size());
}

}  // namespace quicrx::test
