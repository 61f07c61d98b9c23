// SPDX-License-Identifier: MIT
#include "client.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>
#include <string>

#include "client_callbacks.h"
#include "quic/connection.h"
#include "quic/tls_context.h"
#include "require.h"

namespace quicrx::fuzz {
namespace {

constexpr std::size_t kIdBytes = 17;
constexpr std::size_t kNumberBytes = 4;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kMinInitial = 1200;
constexpr std::uint32_t kFirstNumber = 1000;  // beyond the honest client's

std::uint8_t low_byte(std::size_t value) {
  return static_cast<std::uint8_t>(value);
}

void append(Packet& to, Bytes bytes) {
  for (const std::uint8_t byte : bytes) to.push_back(byte);  // GCC 12 is wrong about insert() at -O3
}

void append_number(Packet& to, std::uint32_t number) {
  append(to,
         std::array{low_byte(number >> 24), low_byte(number >> 16), low_byte(number >> 8), low_byte(number)});
}

/// A variable-length integer of two bytes: RFC 9000 section 16.
void append_varint(Packet& to, std::size_t value) {
  append(to, std::array{low_byte(0x40 | value >> 8), low_byte(value)});
}

/// The nonce is the IV with the packet number (RFC 9001 section 5.3), which ends the header in
/// `number_bytes`.
std::array<std::uint8_t, 12> combine(Bytes nonce, Bytes header, std::size_t number_bytes) {
  std::array<std::uint8_t, 12> combined{};
  std::ranges::copy(nonce.first(combined.size()), combined.begin());
  for (std::size_t i = 1; i <= number_bytes; ++i) combined[combined.size() - i] ^= header[header.size() - i];
  return combined;
}

}  // namespace

/// ngtcp2 gives its calls for encryption no user data: whose they are is noted for their time.
struct Client::Callbacks {
  static inline Client* active = nullptr;
  static inline Keys* unprotected = nullptr;  // sealed, its header protection is asked for next
  static inline ngtcp2_crypto_cipher last_protection{};
  static inline ngtcp2_crypto_cipher_ctx last_protection_context{};

  class Scope {
   public:
    explicit Scope(Client& client) { active = &client; }
    ~Scope() {
      active = nullptr;
      unprotected = nullptr;
    }
  };

  static Keys keys(const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context, Bytes nonce,
                   Bytes header) {
    return {.aead = *aead,
            .aead_context = *context,
            .iv = combine(nonce, header, (header[0] & 3u) + 1),
            .protection = {},
            .protection_context = {},
            .complete = false};
  }

  static int encrypt(std::uint8_t* out, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
                     const std::uint8_t* plain, std::size_t plain_bytes, const std::uint8_t* nonce,
                     std::size_t nonce_bytes, const std::uint8_t* header, std::size_t header_bytes) {
    const std::size_t level = active->level_of(header[0]);
    Keys& sending = active->sending_[level];
    if (!sending.complete) {
      sending = keys(aead, context, {nonce, nonce_bytes}, {header, header_bytes});
      unprotected = &sending;
    }
    Packet& first = active->first_frames_[level];
    if (first.empty()) first.assign(plain, plain + plain_bytes);
    return ngtcp2_crypto_encrypt_cb(out, aead, context, plain, plain_bytes, nonce, nonce_bytes, header,
                                    header_bytes);
  }

  static int protect(std::uint8_t* mask, const ngtcp2_crypto_cipher* cipher,
                     const ngtcp2_crypto_cipher_ctx* context, const std::uint8_t* sample) {
    last_protection = *cipher;
    last_protection_context = *context;
    if (unprotected != nullptr) {
      unprotected->protection = *cipher;
      unprotected->protection_context = *context;
      unprotected->complete = true;
      unprotected = nullptr;
    }
    return ngtcp2_crypto_hp_mask_cb(mask, cipher, context, sample);
  }

  static int decrypt(std::uint8_t* out, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
                     const std::uint8_t* sealed, std::size_t sealed_bytes, const std::uint8_t* nonce,
                     std::size_t nonce_bytes, const std::uint8_t* header, std::size_t header_bytes) {
    Keys& receiving = active->receiving_;
    if ((header[0] & 0x80) == 0 && !receiving.complete) {
      receiving = keys(aead, context, {nonce, nonce_bytes}, {header, header_bytes});
      receiving.protection = last_protection;
      receiving.protection_context = last_protection_context;
      receiving.complete = true;
    }
    return ngtcp2_crypto_decrypt_cb(out, aead, context, sealed, sealed_bytes, nonce, nonce_bytes, header,
                                    header_bytes);
  }

  static void forget_aead(ngtcp2_conn*, ngtcp2_crypto_aead_ctx* context, void* user_data) {
    static_cast<Client*>(user_data)->old_aead_.push_back(*context);
  }
  static void forget_protection(ngtcp2_conn*, ngtcp2_crypto_cipher_ctx* context, void* user_data) {
    static_cast<Client*>(user_data)->old_protection_.push_back(*context);
  }

  static ngtcp2_callbacks table() {
    ngtcp2_callbacks made = test::client_callbacks();
    made.encrypt = encrypt;
    made.decrypt = decrypt;
    made.hp_mask = protect;
    made.delete_crypto_aead_ctx = forget_aead;
    made.delete_crypto_cipher_ctx = forget_protection;
    return made;
  }
};

Client::Client(std::string_view alpn, const Path& path, Timestamp now, Kind kind, Bytes token)
    : path_(path), kind_(kind), token_(token.begin(), token.end()) {
  std::swap(path_.local, path_.remote);
  next_number_.fill(kFirstNumber);
  configure_tls(alpn);
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = to_ngtcp2(now);
  settings.token = token_.data();
  settings.tokenlen = token_.size();
  const ngtcp2_transport_params offered = parameters();
  ngtcp2_cid destination{};
  destination.datalen = kIdBytes;
  own_id_.datalen = kind.no_id ? 0 : kIdBytes;
  fill_random({own_id_.data, own_id_.datalen});
  fill_random({destination.data, destination.datalen});
  const ngtcp2_path way = to_ngtcp2(path_);
  const ngtcp2_callbacks table = Callbacks::table();
  const std::uint32_t version = kind.version_2 ? NGTCP2_PROTO_VER_V2 : NGTCP2_PROTO_VER_V1;
  ngtcp2_conn* conn = nullptr;
  require(ngtcp2_conn_client_new(&conn, &destination, &own_id_, &way, version, &table, &settings, &offered,
                                 nullptr, this) == 0,
          "a client can be made");
  conn_.reset(conn);
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<Client*>(reference->user_data)->conn_.get();
  };
  gnutls_session_set_ptr(tls_, &reference_);
  ngtcp2_conn_set_tls_native_handle(conn, tls_);
}

ngtcp2_transport_params Client::parameters() const {
  ngtcp2_transport_params made;
  ngtcp2_transport_params_default(&made);
  made.max_datagram_frame_size = 1200;
  made.initial_max_streams_uni = 3;  // which HTTP/3 cannot do without
  if (kind_.frugal) return made;
  made.initial_max_data = made.initial_max_stream_data_bidi_local = 1 << 20;
  made.initial_max_stream_data_bidi_remote = made.initial_max_stream_data_uni = 1 << 20;
  made.initial_max_streams_bidi = 10;
  return made;
}

/// The type bits of a long header: RFC 9000 section 17.2, RFC 9369 section 3.2.
std::uint8_t Client::type(Level level) const {
  const unsigned in_version_1 = level == Level::initial ? 0 : 2;
  return low_byte(kind_.version_2 ? (in_version_1 + 1) & 3 : in_version_1);
}

std::size_t Client::level_of(std::uint8_t first) const {
  if ((first & 0x80) == 0) return static_cast<std::size_t>(Level::application);
  return static_cast<std::size_t>((first >> 4 & 3) == type(Level::initial) ? Level::initial
                                                                           : Level::handshake);
}

void Client::configure_tls(std::string_view alpn) {
  gnutls_certificate_allocate_credentials(&credentials_);
  gnutls_init(&tls_, GNUTLS_CLIENT | GNUTLS_NO_AUTO_SEND_TICKET);
  gnutls_priority_set_direct(tls_, "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3", nullptr);
  gnutls_credentials_set(tls_, GNUTLS_CRD_CERTIFICATE, credentials_);
  std::string name(alpn);
  const gnutls_datum_t offered{reinterpret_cast<unsigned char*>(name.data()),
                               static_cast<unsigned>(name.size())};
  gnutls_alpn_set_protocols(tls_, &offered, 1, 0);
  ngtcp2_crypto_gnutls_configure_client_session(tls_);
}

Client::~Client() {
  conn_.reset();
  for (auto& context : old_aead_) ngtcp2_crypto_delete_crypto_aead_ctx_cb(nullptr, &context, nullptr);
  for (auto& context : old_protection_) ngtcp2_crypto_delete_crypto_cipher_ctx_cb(nullptr, &context, nullptr);
  gnutls_deinit(tls_);
  gnutls_certificate_free_credentials(credentials_);
}

std::vector<Packet> Client::write(Timestamp now) {
  const Callbacks::Scope scope(*this);
  std::vector<Packet> datagrams;
  while (error_ == 0) {
    Packet datagram(1452);
    ngtcp2_pkt_info info{};
    ngtcp2_ssize written = 0;
    if (ngtcp2_conn_get_handshake_completed(conn_.get()) != 0 && !has_spoken_) {
      // It says a word at 1-RTT level, so that we see its keys: an empty DATAGRAM frame.
      int accepted = 0;
      written = ngtcp2_conn_writev_datagram(conn_.get(), nullptr, &info, datagram.data(), datagram.size(),
                                            &accepted, 0, 0, nullptr, 0, to_ngtcp2(now));
      has_spoken_ = accepted != 0;
    } else {
      written = ngtcp2_conn_write_pkt(conn_.get(), nullptr, &info, datagram.data(), datagram.size(),
                                      to_ngtcp2(now));
    }
    if (written <= 0) break;
    datagram.resize(static_cast<std::size_t>(written));
    datagrams.push_back(std::move(datagram));
  }
  return datagrams;
}

void Client::read(Bytes datagram, Timestamp now) {
  if (error_ != 0 || datagram.empty()) return;
  const Callbacks::Scope scope(*this);
  const ngtcp2_path way = to_ngtcp2(path_);
  const ngtcp2_pkt_info info{};
  error_ = ngtcp2_conn_read_pkt(conn_.get(), &way, &info, datagram.data(), datagram.size(), to_ngtcp2(now));
}

std::optional<std::uint64_t> Client::closed() const {
  if (error_ != NGTCP2_ERR_DRAINING) return std::nullopt;
  return ngtcp2_conn_get_ccerr(conn_.get())->error_code;
}

Packet Client::header(Level level, std::size_t frame_bytes, std::uint32_t number) {
  const ngtcp2_cid* destination = ngtcp2_conn_get_dcid(conn_.get());
  Packet made;
  if (level == Level::application) {
    made.push_back(0x40 | (kNumberBytes - 1));
    append(made, {destination->data, destination->datalen});
  } else {
    made.push_back(low_byte(0xc0u | unsigned{type(level)} << 4 | (kNumberBytes - 1)));
    append_number(made, kind_.version_2 ? NGTCP2_PROTO_VER_V2 : NGTCP2_PROTO_VER_V1);
    made.push_back(low_byte(destination->datalen));
    append(made, {destination->data, destination->datalen});
    made.push_back(low_byte(own_id_.datalen));
    append(made, {own_id_.data, own_id_.datalen});
    if (level == Level::initial) {
      append_varint(made, token_.size());
      append(made, token_);
    }
    append_varint(made, kNumberBytes + frame_bytes + kTagBytes);
  }
  append_number(made, number);
  return made;
}

std::optional<Packet> Client::seal(Level level, Bytes frames) {
  const Keys& keys = sending_[static_cast<std::size_t>(level)];
  if (!keys.complete) return std::nullopt;
  Packet plain(frames.begin(), frames.end());
  if (level == Level::initial) plain.resize(std::max(plain.size(), kMinInitial));
  const std::uint32_t number = next_number_[static_cast<std::size_t>(level)]++;
  Packet packet = header(level, plain.size(), number);
  const std::size_t header_bytes = packet.size();
  const auto nonce = combine(keys.iv, packet, kNumberBytes);
  packet.resize(header_bytes + plain.size() + kTagBytes);
  std::uint8_t* sealed = packet.data() + header_bytes;
  std::array<std::uint8_t, NGTCP2_HP_MASKLEN> mask{};
  require(ngtcp2_crypto_encrypt_cb(sealed, &keys.aead, &keys.aead_context, plain.data(), plain.size(),
                                   nonce.data(), nonce.size(), packet.data(), header_bytes) == 0 &&
              ngtcp2_crypto_hp_mask_cb(mask.data(), &keys.protection, &keys.protection_context, sealed) == 0,
          "a packet can be sealed");
  packet[0] ^= low_byte(mask[0] & (level == Level::application ? 0x1fu : 0x0fu));
  for (std::size_t i = 0; i < kNumberBytes; ++i) packet[header_bytes - kNumberBytes + i] ^= mask[i + 1];
  return packet;
}

std::optional<Packet> Client::open(Bytes given) {
  const std::size_t number_at = 1 + own_id_.datalen;
  if (!receiving_.complete || given.size() < number_at + 4 + kTagBytes || (given[0] & 0x80) != 0)
    return std::nullopt;
  Packet packet(given.begin(), given.end());
  std::array<std::uint8_t, NGTCP2_HP_MASKLEN> mask{};
  ngtcp2_crypto_hp_mask_cb(mask.data(), &receiving_.protection, &receiving_.protection_context,
                           packet.data() + number_at + 4);
  packet[0] ^= low_byte(mask[0] & 0x1fu);
  const std::size_t number_bytes = (packet[0] & 3u) + 1, header_bytes = number_at + number_bytes;
  if (packet.size() < header_bytes + kTagBytes) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < number_bytes; ++i) {
    packet[number_at + i] ^= mask[i + 1];
    number = number << 8 | packet[number_at + i];
  }
  const auto nonce = combine(receiving_.iv, Bytes(packet).first(header_bytes), number_bytes);
  Packet frames(packet.size() - header_bytes - kTagBytes);
  if (ngtcp2_crypto_decrypt_cb(frames.data(), &receiving_.aead, &receiving_.aead_context,
                               packet.data() + header_bytes, packet.size() - header_bytes, nonce.data(),
                               nonce.size(), packet.data(), header_bytes) != 0)
    return std::nullopt;
  largest_received_ = std::max(largest_received_.value_or(0), number);
  constexpr std::uint8_t kPathChallenge = 0x1a;  // a server's packet begins with it
  if (frames.size() > challenge_.size() && frames[0] == kPathChallenge)
    std::copy_n(frames.begin() + 1, challenge_.size(), challenge_.begin());
  return frames;
}

Packet Client::acknowledge() const {
  Packet frame{0x02};
  const std::size_t largest = largest_received_.value_or(0) & 0x3fff;
  append_varint(frame, largest);
  append(frame, std::array<std::uint8_t, 2>{});  // delay, further ranges
  append_varint(frame, largest);
  return frame;
}

Packet Client::respond() const {
  Packet frame{0x1b};
  append(frame, challenge_);
  return frame;
}

}  // namespace quicrx::fuzz
