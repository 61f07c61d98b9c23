// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "quicrx/bytes.h"

namespace quicrx {

/// Lets a client's TLS stream through while it holds the messages that a client may send at that level in
/// QUIC, and no others, before the TLS library sees them: GnuTLS takes some that end in a failed assertion of
/// ngtcp2.
///
/// RFC 8446 section 4: message types; RFC 9001 section 6: no KeyUpdate; section 8.3: no EndOfEarlyData;
/// section 8.4: no compatibility mode. A client has nothing to say after its Finished.
class TlsMessageFilter {
 public:
  enum class Verdict {
    good,
    unexpected_message,
    compatibility_mode,  ///< a ClientHello with a legacy_session_id
  };

  /// The next bytes of the CRYPTO stream of a level, in order. Not to be asked again after a bad one.
  Verdict accept(ngtcp2_encryption_level level, Bytes data) {
    if (level != NGTCP2_ENCRYPTION_LEVEL_INITIAL && level != NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE)
      return Verdict::unexpected_message;
    Stream& stream = streams_[level == NGTCP2_ENCRYPTION_LEVEL_INITIAL ? 0 : 1];
    Verdict verdict = Verdict::good;
    while (!data.empty() && verdict == Verdict::good)
      verdict = stream.at < kHeaderBytes ? take_header(stream, level, data) : take_body(stream, level, data);
    return verdict;
  }

 private:
  enum Type : std::uint8_t { client_hello = 1, certificate = 11, certificate_verify = 15, finished = 20 };
  static constexpr std::size_t kHeaderBytes = 4;
  // RFC 8446 section 4.1.2: behind the header, the legacy version and the random.
  static constexpr std::size_t kSessionIdLengthAt = kHeaderBytes + 2 + 32;

  /// Where in a message a stream is.
  struct Stream {
    std::size_t at = 0;
    std::size_t end = 0;  // known behind the header
  };

  Verdict take_header(Stream& stream, ngtcp2_encryption_level level, Bytes& data) {
    const std::uint8_t byte = data.front();
    data = data.subspan(1);
    if (stream.at == 0) {
      stream.end = 0;
      if (!begin(level, byte)) return Verdict::unexpected_message;
    } else {
      stream.end = stream.end << 8 | byte;
    }
    if (++stream.at < kHeaderBytes) return Verdict::good;
    stream.end += kHeaderBytes;
    if (stream.at == stream.end) stream.at = 0;
    return Verdict::good;
  }

  static Verdict take_body(Stream& stream, ngtcp2_encryption_level level, Bytes& data) {
    const std::size_t part = std::min(stream.end - stream.at, data.size());
    const bool covers = stream.at <= kSessionIdLengthAt && kSessionIdLengthAt < stream.at + part;
    if (level == NGTCP2_ENCRYPTION_LEVEL_INITIAL && covers && data[kSessionIdLengthAt - stream.at] != 0)
      return Verdict::compatibility_mode;
    data = data.subspan(part);
    stream.at += part;
    if (stream.at == stream.end) stream.at = 0;
    return Verdict::good;
  }

  /// Whether a message of this type may begin now.
  bool begin(ngtcp2_encryption_level level, std::uint8_t type) {
    if (level == NGTCP2_ENCRYPTION_LEVEL_INITIAL) {
      constexpr int kMostHellos = 2;  // the second answers a HelloRetryRequest
      return type == client_hello && ++hellos_ <= kMostHellos;
    }
    if (finished_) return false;
    finished_ = type == finished;
    return finished_ || type == certificate || type == certificate_verify;
  }

  std::array<Stream, 2> streams_;
  int hellos_ = 0;
  bool finished_ = false;
};

}  // namespace quicrx
