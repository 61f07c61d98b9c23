// SPDX-License-Identifier: MIT
#include "h3_bytes.h"

#include <nghttp3/nghttp3.h>

namespace quicrx::test {
namespace {

/// An integer with a prefix of `bits` bits behind `first` (RFC 7541 section 5.1).
std::string prefixed(std::uint8_t first, int bits, std::size_t value) {
  const std::size_t most = (std::size_t{1} << bits) - 1;
  if (value < most) return {static_cast<char>(first | value)};
  std::string made{static_cast<char>(first | most)};
  for (value -= most; value >= 128; value /= 128) made += static_cast<char>(value % 128 | 128);
  return made + static_cast<char>(value);
}

std::uint64_t read_varint(const std::string& text, std::size_t& at) {
  const auto first = static_cast<std::uint8_t>(text.at(at));
  std::uint64_t value = first & 0x3f;
  const int more = (1 << (first >> 6)) - 1;
  ++at;
  for (int i = 0; i < more; ++i) value = value << 8 | static_cast<std::uint8_t>(text.at(at++));
  return value;
}

void read_fields(const std::string& section, Response& response) {
  nghttp3_qpack_decoder* decoder = nullptr;
  nghttp3_qpack_stream_context* context = nullptr;
  nghttp3_qpack_decoder_new(&decoder, 0, 0, nghttp3_mem_default());
  nghttp3_qpack_stream_context_new(&context, 0, nghttp3_mem_default());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(section.data());
  std::size_t left = section.size();
  const auto text = [](const nghttp3_rcbuf* buffer) {
    const nghttp3_vec vec = nghttp3_rcbuf_get_buf(buffer);
    return std::string(reinterpret_cast<const char*>(vec.base), vec.len);
  };
  while (true) {
    nghttp3_qpack_nv field;
    std::uint8_t flags = 0;
    const nghttp3_ssize used =
        nghttp3_qpack_decoder_read_request(decoder, context, &field, &flags, bytes, left, 1);
    if (used < 0) break;
    bytes += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) != 0) {
      response.fields[text(field.name)] = text(field.value);
      nghttp3_rcbuf_decref(field.name);
      nghttp3_rcbuf_decref(field.value);
    }
    if ((flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) != 0) break;
  }
  nghttp3_qpack_stream_context_del(context);
  nghttp3_qpack_decoder_del(decoder);
}

}  // namespace

std::string varint(std::uint64_t value) {
  const int more = value < 64 ? 0 : value < 16384 ? 1 : value < (1 << 30) ? 3 : 7;
  const int length_bits = more == 0 ? 0 : more == 1 ? 1 : more == 3 ? 2 : 3;
  std::string made;
  for (int i = more; i >= 0; --i) made += static_cast<char>(value >> (8 * i));
  made[0] = static_cast<char>(made[0] | length_bits << 6);
  return made;
}

std::string frame(std::uint64_t type, const std::string& payload) {
  return varint(type) + varint(payload.size()) + payload;
}

std::string headers(const Fields& fields) {
  std::string section(2, '\0');
  for (const auto& [name, value] : fields)
    section += prefixed(0x20, 3, name.size()) + name + prefixed(0, 7, value.size()) + value;
  return frame(1, section);
}

Fields request(const std::string& path, const std::string& method, const Fields& more) {
  Fields fields{{":method", method}, {":scheme", "https"}, {":authority", "example.org"}, {":path", path}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

Response read_response(const std::string& stream) {
  Response response;
  for (std::size_t at = 0; at < stream.size();) {
    const std::uint64_t type = read_varint(stream, at);
    const std::uint64_t length = read_varint(stream, at);
    const std::string payload = stream.substr(at, length);
    at += length;
    if (type == 0) response.body += payload;
    if (type == 1) read_fields(payload, response);
  }
  return response;
}

}  // namespace quicrx::test
