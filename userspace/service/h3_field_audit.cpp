// SPDX-License-Identifier: MIT
#include "service/h3_field_audit.h"

#include <algorithm>
#include <utility>

#include "service/request_head.h"

namespace quicrx {
namespace {

constexpr std::uint64_t kHeadersFrame = 1;
// A section that is longer is too large when decoded, too, and refused for that.
constexpr std::size_t kMaxSectionBytes = RequestHead::kMaxBytes;
constexpr std::size_t kMaxHeldBytes = std::size_t{1} << 20;  // of a connection

Bytes bytes_of(const nghttp3_rcbuf* buffer) {
  const nghttp3_vec bytes = nghttp3_rcbuf_get_buf(buffer);
  return {bytes.base, bytes.len};
}

bool is_permitted(const nghttp3_qpack_nv& field) {
  const Bytes name = bytes_of(field.name);
  // Space around a value is no part of it, and sent by some.
  const auto forbidden = [](std::uint8_t c) { return (c < ' ' && c != '\t') || c == 0x7f; };
  return nghttp3_check_header_name(name.data(), name.size()) != 0 &&
         std::ranges::none_of(bytes_of(field.value), forbidden);
}

struct ContextDeleter {
  void operator()(nghttp3_qpack_stream_context* context) const { nghttp3_qpack_stream_context_del(context); }
};

}  // namespace

H3FieldAudit::H3FieldAudit(std::size_t table_bytes, std::size_t blocked_streams) {
  nghttp3_qpack_decoder* decoder = nullptr;
  if (nghttp3_qpack_decoder_new(&decoder, table_bytes, blocked_streams, nghttp3_mem_default()) == 0)
    decoder_.reset(decoder);
}

bool H3FieldAudit::request_bytes(StreamId stream, Bytes data) {
  Scan& scan = scans_[stream];
  while (!data.empty()) {
    if (scan.payload_left == 0) {
      const auto value = scan.varint.push(data.front());
      data = data.subspan(1);
      if (value && scan.type_came) scan.payload_left = *value;
      if (value && !scan.type_came) scan.type = *value;
      if (value) scan.type_came = !scan.type_came;
      continue;
    }
    const Bytes part =
        data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), scan.payload_left)));
    data = data.subspan(part.size());
    scan.payload_left -= part.size();
    if (scan.type != kHeadersFrame) continue;
    keep(scan, part);
    if (scan.payload_left > 0) continue;
    if (!std::exchange(scan.skipped, false)) scan.sections.push_back(std::exchange(scan.section, {}));
    if (decode_sections(stream, scan) == Verdict::malformed) return false;
  }
  return true;
}

void H3FieldAudit::keep(Scan& scan, Bytes part) {
  if (scan.skipped) return;
  if (scan.section.size() + part.size() <= kMaxSectionBytes && held_bytes_ + part.size() <= kMaxHeldBytes) {
    scan.section.append(part.begin(), part.end());
    held_bytes_ += part.size();
    return;
  }
  held_bytes_ -= scan.section.size();
  scan.section = {};
  scan.skipped = true;
}

std::vector<StreamId> H3FieldAudit::encoder_bytes(Bytes data) {
  std::vector<StreamId> malformed;
  // What is wrong in them, nghttp3 will say.
  if (!decoder_ || nghttp3_qpack_decoder_read_encoder(decoder_.get(), data.data(), data.size()) < 0)
    return malformed;
  const std::uint64_t inserted = nghttp3_qpack_decoder_get_icnt(decoder_.get());
  std::vector<StreamId> ready;
  for (const auto& [stream, wanted] : blocked_)
    if (wanted <= inserted) ready.push_back(stream);
  for (const StreamId stream : ready) {
    blocked_.erase(stream);
    if (decode_sections(stream, scans_[stream]) == Verdict::malformed) malformed.push_back(stream);
  }
  discard_acknowledgements();
  return malformed;
}

void H3FieldAudit::forget(StreamId stream) {
  if (const auto found = scans_.find(stream); found != scans_.end()) {
    held_bytes_ -= found->second.section.size();
    for (const std::string& section : found->second.sections) held_bytes_ -= section.size();
    scans_.erase(found);
  }
  blocked_.erase(stream);
}

H3FieldAudit::Verdict H3FieldAudit::decode_sections(StreamId stream, Scan& scan) {
  Verdict verdict = Verdict::good;
  while (!scan.sections.empty() && verdict == Verdict::good) {
    verdict = decode(stream, scan.sections.front());
    if (verdict == Verdict::blocked) break;
    held_bytes_ -= scan.sections.front().size();
    scan.sections.pop_front();
  }
  return verdict;
}

/// What QPACK cannot read is good here: nghttp3 ends the connection for it.
H3FieldAudit::Verdict H3FieldAudit::decode(StreamId stream, const std::string& section) {
  nghttp3_qpack_stream_context* made = nullptr;
  if (!decoder_ || nghttp3_qpack_stream_context_new(&made, stream, nghttp3_mem_default()) != 0)
    return Verdict::good;
  const std::unique_ptr<nghttp3_qpack_stream_context, ContextDeleter> context(made);
  const auto* at = reinterpret_cast<const std::uint8_t*>(section.data());
  std::size_t left = section.size();
  Verdict verdict = Verdict::good;
  while (true) {
    nghttp3_qpack_nv field;
    std::uint8_t flags = 0;
    const nghttp3_ssize used =
        nghttp3_qpack_decoder_read_request(decoder_.get(), context.get(), &field, &flags, at, left, 1);
    if (used < 0) break;
    if ((flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) != 0) {
      blocked_[stream] = nghttp3_qpack_stream_context_get_ricnt(context.get());
      return Verdict::blocked;
    }
    if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) != 0) {
      if (!is_permitted(field)) verdict = Verdict::malformed;
      nghttp3_rcbuf_decref(field.name);
      nghttp3_rcbuf_decref(field.value);
    }
    if ((flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) != 0) break;
    at += used;
    left -= static_cast<std::size_t>(used);
  }
  discard_acknowledgements();
  return verdict;
}

/// nghttp3's connection sends them.
void H3FieldAudit::discard_acknowledgements() {
  std::vector<std::uint8_t> bytes(nghttp3_qpack_decoder_get_decoder_streamlen(decoder_.get()));
  if (bytes.empty()) return;
  nghttp3_buf buffer{bytes.data(), bytes.data() + bytes.size(), bytes.data(), bytes.data()};
  nghttp3_qpack_decoder_write_decoder(decoder_.get(), &buffer);
}

}  // namespace quicrx
