// SPDX-License-Identifier: MIT
#pragma once

#include <nghttp3/nghttp3.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "quicrx/bytes.h"
#include "quicrx/service.h"
#include "service/h3_peer_stream.h"

namespace quicrx {

/// Finds fields whose name or value holds what RFC 9114 section 10.3 forbids. nghttp3 1.8 leaves them out and
/// does not say so; therefore each field section is decoded here once more, before nghttp3 sees it.
class H3FieldAudit {
 public:
  /// As they are announced to the peer.
  H3FieldAudit(std::size_t table_bytes, std::size_t blocked_streams);

  /// The next bytes of a request's stream. False when a section that they end is malformed.
  [[nodiscard]] bool request_bytes(StreamId stream, Bytes data);
  /// The next bytes of the peer's encoder stream. The streams whose sections waited for them and are
  /// malformed.
  [[nodiscard]] std::vector<StreamId> encoder_bytes(Bytes data);
  void forget(StreamId stream);

 private:
  struct DecoderDeleter {
    void operator()(nghttp3_qpack_decoder* decoder) const { nghttp3_qpack_decoder_del(decoder); }
  };
  /// Where in its frames a stream is.
  struct Scan {
    VarintReader varint;
    bool type_came = false;
    std::uint64_t type = 0;
    std::uint64_t payload_left = 0;
    std::string section;              // as far as it has come
    bool skipped = false;             // it is too large to be kept
    std::list<std::string> sections;  // whole, and not decoded
  };
  enum class Verdict { good, malformed, blocked };

  [[nodiscard]] Verdict decode_sections(StreamId stream, Scan& scan);
  [[nodiscard]] Verdict decode(StreamId stream, const std::string& section);
  void keep(Scan& scan, Bytes part);
  void discard_acknowledgements();

  std::unique_ptr<nghttp3_qpack_decoder, DecoderDeleter> decoder_;
  std::unordered_map<StreamId, Scan> scans_;
  std::unordered_map<StreamId, std::uint64_t> blocked_;  // and the insert count that each waits for
  std::size_t held_bytes_ = 0;                           // of sections
};

}  // namespace quicrx
