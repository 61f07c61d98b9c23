// SPDX-License-Identifier: MIT
#include "service/http_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace quicrx {
namespace {

constexpr std::string_view kUploadPath = "/upload/";
constexpr std::string_view kTextType = "text/plain; charset=utf-8";

std::string_view reason_of(HttpStatus status) {
  switch (status) {
    case HttpStatus::created:
      return "stored";
    case HttpStatus::bad_request:
      return "bad request";
    case HttpStatus::forbidden:
      return "forbidden";
    case HttpStatus::not_found:
      return "not found";
    case HttpStatus::method_not_allowed:
      return "method not allowed";
    case HttpStatus::precondition_failed:
      return "precondition failed";
    case HttpStatus::content_too_large:
      return "content too large";
    case HttpStatus::range_not_satisfiable:
      return "range not satisfiable";
    case HttpStatus::header_fields_too_large:
      return "request header fields too large";
    case HttpStatus::not_implemented:
      return "not implemented";
    case HttpStatus::unavailable:
      return "service unavailable";
    case HttpStatus::insufficient_storage:
      return "insufficient storage";
    default:
      return "internal server error";
  }
}

/// Whether the method is one of RFC 9110's (or RFC 5789's PATCH), which we know and do not allow: 405.
/// CONNECT is 501, for a server that is no proxy.
bool is_known(std::string_view method) {
  constexpr std::array<std::string_view, 5> kKnown{"PUT", "POST", "DELETE", "PATCH", "TRACE"};
  return std::ranges::find(kKnown, method) != kKnown.end();
}

std::string_view allowed_at(std::string_view path) {
  return path.starts_with(kUploadPath) ? "GET, HEAD, OPTIONS, PUT, POST" : "GET, HEAD, OPTIONS";
}

}  // namespace

HttpAnswer HttpRequest::say(HttpStatus status) {
  answered_ = true;
  upload_.reset();
  HttpAnswer made;
  made.status = status;
  made.content_type = kTextType;
  made.text = std::string(reason_of(status)) + "\n";
  made.content_length = made.text.size();
  made.has_body = method != "HEAD";
  return made;
}

HttpAnswer HttpRequest::get() {
  const std::string path = decode_path(target);
  if (path.empty()) return say(HttpStatus::bad_request);
  if (!config_.root) return say(HttpStatus::not_found);
  auto file = open_beneath(config_.root, path);
  if (!file) return say(file.error());
  const std::time_t now = std::time(nullptr);
  switch (conditions.evaluate(&file->validators, true, now)) {
    case Preconditions::Verdict::failed:
      return say(HttpStatus::precondition_failed);
    case Preconditions::Verdict::not_modified: {
      answered_ = true;
      HttpAnswer made;
      made.status = HttpStatus::not_modified;
      made.validators = std::move(file->validators);
      made.has_body = false;
      return made;
    }
    case Preconditions::Verdict::go_on:
      break;
  }
  return file_answer(std::move(*file), now);
}

HttpAnswer HttpRequest::file_answer(OpenFile file, std::time_t now) {
  ByteRange part{0, file.bytes};
  HttpAnswer made;
  if (range && method == "GET" && conditions.range_counts(file.validators, now)) {
    const RangeRequest wanted = parse_range(*range, file.bytes);
    if (wanted.kind == RangeRequest::Kind::unsatisfiable) {
      made = say(HttpStatus::range_not_satisfiable);
      made.content_range = fmt::format("bytes */{}", file.bytes);
      return made;
    }
    if (wanted.kind == RangeRequest::Kind::part) {
      part = wanted.range;
      made.status = HttpStatus::partial_content;
      made.content_range = fmt::format("bytes {}-{}/{}", part.first, part.first + part.bytes - 1, file.bytes);
    }
  }
  answered_ = true;
  made.content_type = file.content_type;
  made.content_length = part.bytes;
  made.validators = std::move(file.validators);
  made.has_body = method != "HEAD";
  if (made.has_body) made.file = std::make_unique<FileReader>(std::move(file.descriptor), part, budget_);
  return made;
}

HttpAnswer HttpRequest::bare(HttpStatus status) {
  answered_ = true;
  HttpAnswer made;
  made.status = status;
  made.has_body = false;
  return made;
}

HttpAnswer HttpRequest::options() {
  HttpAnswer made = bare(HttpStatus::no_content);
  // "*" asks for what the server can at all (RFC 9110 section 9.3.7).
  made.allow = allowed_at(target == "*" ? kUploadPath : decode_path(target));
  return made;
}

std::optional<HttpAnswer> HttpRequest::begin_upload(std::string_view name) {
  if (!config_.upload_dir && !config_.discard_uploads) return say(HttpStatus::forbidden);
  if (content_length.value_or(0) > config_.max_upload_bytes) return say(HttpStatus::content_too_large);
  if (config_.discard_uploads) {
    discarded_bytes_ = 0;
    return std::nullopt;
  }
  auto upload = Upload::begin(config_.upload_dir, name);
  if (!upload) return say(upload.error());
  const std::optional<Validators> current = upload->replaces();
  if (conditions.evaluate(current ? &*current : nullptr, false, std::time(nullptr)) !=
      Preconditions::Verdict::go_on)
    return say(HttpStatus::precondition_failed);
  upload_.emplace(std::move(*upload));
  return std::nullopt;
}

std::optional<HttpAnswer> HttpRequest::headers_done() {
  if (method == "GET" || method == "HEAD") return get();
  if (method == "OPTIONS") return options();
  if (!is_known(method)) return say(HttpStatus::not_implemented);
  const std::string path = decode_path(target);
  const bool stores = method == "PUT" || method == "POST";
  if (stores && path.starts_with(kUploadPath))
    return begin_upload(std::string_view(path).substr(kUploadPath.size()));
  HttpAnswer made = say(HttpStatus::method_not_allowed);
  made.allow = allowed_at(path);
  return made;
}

std::optional<HttpAnswer> HttpRequest::body(Bytes part) {
  if (discarded_bytes_) {
    *discarded_bytes_ += part.size();
    if (*discarded_bytes_ > config_.max_upload_bytes && !answered_) return say(HttpStatus::content_too_large);
    return std::nullopt;
  }
  if (!upload_) return std::nullopt;  // a body that is not wanted
  if (upload_->bytes() + part.size() > config_.max_upload_bytes) return say(HttpStatus::content_too_large);
  if (auto written = upload_->write(part); !written) return say(written.error());
  return std::nullopt;
}

std::optional<HttpAnswer> HttpRequest::done() {
  if (answered_) return std::nullopt;
  if (discarded_bytes_) return bare(HttpStatus::no_content);
  if (!upload_) return say(HttpStatus::bad_request);
  if (auto committed = upload_->commit(); !committed) return say(committed.error());
  return say(HttpStatus::created);
}

}  // namespace quicrx
