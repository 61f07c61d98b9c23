// SPDX-License-Identifier: MIT
/// From a request's events to the answer on its stream.
#include <charconv>

#include "service/h3_callbacks.h"
#include "service/h3_session.h"

namespace quicrx {
namespace {

/// A response's field section. Holds views: what it is made from must live as long.
class FieldSection {
 public:
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    fields_[count_++] = {.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                         .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
                         .namelen = name.size(),
                         .valuelen = value.size(),
                         .flags = NGHTTP3_NV_FLAG_NONE};
  }
  [[nodiscard]] const nghttp3_nv* data() const { return fields_.data(); }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  std::array<nghttp3_nv, 16> fields_{};
  std::size_t count_ = 0;
};

}  // namespace

void H3Session::head_done(StreamId stream, bool fin) {
  Exchange* exchange = find(stream);
  if (exchange == nullptr) return;
  HttpRequest& request = exchange->request;
  if (exchange->head.too_large()) {
    submit(stream, request.say(HttpStatus::header_fields_too_large), fin);
  } else if (!exchange->head.well_formed(request)) {
    refuse_malformed(stream);
  } else {
    submit(stream, request.headers_done(), fin);
  }
}

void H3Session::request_done(StreamId stream) {
  Exchange* exchange = find(stream);
  if (exchange == nullptr) return;
  // RFC 8470 section 3: what is not safe waits until it is sure to be no replay.
  if (connection_.early() && !exchange->request.is_safe() && !exchange->answer) {
    delayed_.push_back(stream);
    return;
  }
  submit(stream, exchange->request.done(), true);
}

void H3Session::submit(StreamId stream, std::optional<HttpAnswer> answer, bool whole) {
  Exchange* exchange = find(stream);
  if (!answer || exchange == nullptr || exchange->answer) return;
  const HttpAnswer& given = exchange->answer.emplace(std::move(*answer));
  const std::string status = std::to_string(static_cast<int>(given.status));
  const std::string length = given.content_length ? std::to_string(*given.content_length) : std::string();
  const std::string modified =
      given.validators ? format_http_date(given.validators->modified) : std::string();
  FieldSection fields;
  fields.add(":status", status);
  fields.add("server", "quicrx");
  fields.add("date", clock_.now());
  fields.add("content-type", given.content_type);
  fields.add("content-length", length);
  fields.add("content-range", given.content_range);
  fields.add("allow", given.allow);
  if (given.validators) {
    fields.add("accept-ranges", "bytes");
    fields.add("etag", given.validators->entity_tag);
    fields.add("last-modified", modified);
  }
  const nghttp3_data_reader body{.read_data = Callbacks::read_data};
  check(nghttp3_conn_submit_response(conn_.get(), stream, fields.data(), fields.size(),
                                     given.has_body ? &body : nullptr));
  // RFC 9114 section 4.1: what is answered already need not be sent to its end.
  if (!whole && exchange->request.has_content()) {
    exchange->stopped = true;
    connection_.stop_reading(stream, NGHTTP3_H3_NO_ERROR);
  }
  connection_.wake();
}

nghttp3_ssize H3Session::read_body(StreamId stream, nghttp3_vec& part, std::uint32_t& flags) {
  Exchange* exchange = find(stream);
  if (exchange == nullptr || !exchange->answer) return NGHTTP3_ERR_WOULDBLOCK;
  HttpAnswer& answer = *exchange->answer;
  if (!answer.file) {
    part = {.base = reinterpret_cast<std::uint8_t*>(answer.text.data()), .len = answer.text.size()};
    flags |= NGHTTP3_DATA_FLAG_EOF;
    return 1;
  }
  const FileReader::Piece piece = answer.file->next();
  if (piece.status == FileReader::Status::wait) {
    waiting_.insert(stream);
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  if (piece.status == FileReader::Status::failed) {
    // The length is promised already: only the stream's end can say that it is not kept.
    drop(stream, NGHTTP3_H3_INTERNAL_ERROR);
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  part = {.base = piece.bytes.data(), .len = piece.bytes.size()};
  if (piece.last) flags |= NGHTTP3_DATA_FLAG_EOF;
  return piece.bytes.empty() ? 0 : 1;
}

}  // namespace quicrx
