// SPDX-License-Identifier: MIT
/// A client that makes an honest handshake, and then, or in its midst, says what a fuzzer tells it to.
#pragma once

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "quicrx/datagram.h"

namespace quicrx::fuzz {

using Packet = std::vector<std::uint8_t>;

enum class Level { initial, handshake, application };

/// ngtcp2 does the handshake. Its callbacks show the keys, with which packets of any content are then sealed
/// beside it, under packet numbers of their own. What the server answers to those would end ngtcp2's client:
/// show it only what it asked for.
class Client {
 public:
  struct Kind {
    bool no_id = false;      // its connection ID is empty
    bool frugal = false;     // it allows its server nothing at first
    bool version_2 = false;  // RFC 9369
  };

  Client(std::string_view alpn, const Path& path, Timestamp now, Kind kind, Bytes token = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The honest client's datagrams and what it is told.
  std::vector<Packet> write(Timestamp now);
  void read(Bytes datagram, Timestamp now);
  /// The error code with which the server closed, as far as the honest client could read.
  [[nodiscard]] std::optional<std::uint64_t> closed() const;

  /// The frames of its first packet at a level: its ClientHello, its Finished.
  [[nodiscard]] const Packet& first_frames(Level level) const {
    return first_frames_[static_cast<std::size_t>(level)];
  }

  /// A packet with these frames; nothing while the level has no keys. An Initial is padded to what a server
  /// takes.
  std::optional<Packet> seal(Level level, Bytes frames);
  /// The frames of a 1-RTT packet of the server; nothing when it cannot be read.
  std::optional<Packet> open(Bytes packet);
  /// An ACK frame of all that open() has seen.
  [[nodiscard]] Packet acknowledge() const;
  /// A PATH_RESPONSE to the PATH_CHALLENGE that open() saw last.
  [[nodiscard]] Packet respond() const;

 private:
  struct Keys {
    ngtcp2_crypto_aead aead{};
    ngtcp2_crypto_aead_ctx aead_context{};
    std::array<std::uint8_t, 12> iv{};
    ngtcp2_crypto_cipher protection{};
    ngtcp2_crypto_cipher_ctx protection_context{};
    bool complete = false;
  };
  struct Callbacks;
  struct ConnDeleter {
    void operator()(ngtcp2_conn* conn) const { ngtcp2_conn_del(conn); }
  };

  void configure_tls(std::string_view alpn);
  [[nodiscard]] ngtcp2_transport_params parameters() const;
  [[nodiscard]] std::uint8_t type(Level level) const;
  [[nodiscard]] std::size_t level_of(std::uint8_t first) const;
  [[nodiscard]] Packet header(Level level, std::size_t frame_bytes, std::uint32_t number);

  Path path_;
  Kind kind_;
  Packet token_;
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_session_t tls_ = nullptr;
  ngtcp2_crypto_conn_ref reference_{};
  ngtcp2_cid own_id_{};
  std::unique_ptr<ngtcp2_conn, ConnDeleter> conn_;
  int error_ = 0;
  bool has_spoken_ = false;  // in 1-RTT
  std::array<Packet, 3> first_frames_;
  std::array<Keys, 3> sending_;
  Keys receiving_;  // 1-RTT
  std::array<std::uint32_t, 3> next_number_;
  std::optional<std::uint32_t> largest_received_;
  std::array<std::uint8_t, 8> challenge_{};
  // Those that ngtcp2 gave up, kept for our own packets.
  std::vector<ngtcp2_crypto_aead_ctx> old_aead_;
  std::vector<ngtcp2_crypto_cipher_ctx> old_protection_;
};

}  // namespace quicrx::fuzz
