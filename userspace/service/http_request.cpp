// SPDX-License-Identifier: MIT
#include "service/http_request.h"

namespace quicrx {
namespace {

constexpr std::string_view kUploadPath = "/upload/";
constexpr std::string_view kTextType = "text/plain; charset=utf-8";

std::string_view reason_of(HttpStatus status) {
  switch (status) {
    case HttpStatus::ok:
      return "ok";
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
    case HttpStatus::content_too_large:
      return "content too large";
    case HttpStatus::unavailable:
      return "service unavailable";
    case HttpStatus::insufficient_storage:
      return "insufficient storage";
    case HttpStatus::internal_error:
      break;
  }
  return "internal server error";
}

}  // namespace

HttpAnswer HttpRequest::say(HttpStatus status) {
  answered_ = true;
  upload_.reset();
  HttpAnswer made;
  made.status = status;
  made.content_type = kTextType;
  made.text = std::string(reason_of(status)) + "\n";
  made.content_bytes = made.text.size();
  made.has_body = method != "HEAD";
  return made;
}

HttpAnswer HttpRequest::get() {
  const std::string path = decode_path(target);
  if (path.empty()) return say(HttpStatus::bad_request);
  if (!config_.root) return say(HttpStatus::not_found);
  auto file = open_beneath(config_.root, path);
  if (!file) return say(file.error());
  answered_ = true;
  HttpAnswer made;
  made.content_type = file->content_type;
  made.content_bytes = file->bytes;
  made.has_body = method != "HEAD";
  if (made.has_body)
    made.file = std::make_unique<FileReader>(std::move(file->descriptor), file->bytes, budget_);
  return made;
}

std::optional<HttpAnswer> HttpRequest::begin_upload(std::string_view name) {
  if (!config_.upload_dir) return say(HttpStatus::forbidden);
  if (content_length.value_or(0) > config_.max_upload_bytes) return say(HttpStatus::content_too_large);
  auto upload = Upload::begin(config_.upload_dir, name);
  if (!upload) return say(upload.error());
  upload_.emplace(std::move(*upload));
  return std::nullopt;
}

std::optional<HttpAnswer> HttpRequest::headers_done() {
  if (method == "GET" || method == "HEAD") return get();
  const std::string path = decode_path(target);
  const bool stores = method == "PUT" || method == "POST";
  if (stores && path.starts_with(kUploadPath))
    return begin_upload(std::string_view(path).substr(kUploadPath.size()));
  HttpAnswer made = say(HttpStatus::method_not_allowed);
  made.allow = path.starts_with(kUploadPath) ? "GET, HEAD, PUT, POST" : "GET, HEAD";
  return made;
}

std::optional<HttpAnswer> HttpRequest::body(Bytes part) {
  if (!upload_) return std::nullopt;  // a body that is not wanted
  if (upload_->bytes() + part.size() > config_.max_upload_bytes) return say(HttpStatus::content_too_large);
  if (auto written = upload_->write(part); !written) return say(written.error());
  return std::nullopt;
}

std::optional<HttpAnswer> HttpRequest::done() {
  if (answered_) return std::nullopt;
  if (!upload_) return say(HttpStatus::bad_request);
  if (auto committed = upload_->commit(); !committed) return say(committed.error());
  return say(HttpStatus::created);
}

}  // namespace quicrx
