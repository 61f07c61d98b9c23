// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "service/document_root.h"
#include "service/file_reader.h"
#include "service/http_config.h"
#include "service/upload.h"

namespace quicrx {

/// What is answered to a request, headers and where the body comes from.
struct HttpAnswer {
  HttpStatus status = HttpStatus::ok;
  std::string content_type;
  std::string allow;  ///< for 405 (RFC 9110 section 15.5.6)
  std::uint64_t content_bytes = 0;
  std::unique_ptr<FileReader> file;  ///< the body, or `text` is
  std::string text;
  bool has_body = true;  ///< not for HEAD
};

/// One HTTP request, from its header fields to its answer. Knows files, not streams.
class HttpRequest {
 public:
  HttpRequest(const HttpConfig& config, MemoryBudget& budget) : config_(config), budget_(budget) {}

  std::string method;
  std::string target;
  std::optional<std::uint64_t> content_length;

  /// All header fields are there. An answer now, or nothing while the body is to come first.
  std::optional<HttpAnswer> headers_done();
  /// A part of the body. An answer when it cannot be taken.
  std::optional<HttpAnswer> body(Bytes part);
  /// The request is whole. An answer, unless one was given before.
  std::optional<HttpAnswer> done();
  /// Whether a body that is still to come would be of use, had the request not been answered.
  [[nodiscard]] bool has_content() const { return method != "GET" && method != "HEAD"; }
  /// The request was given up: nothing of it stays.
  void cancel() { upload_.reset(); }

  /// The answer under way, for whoever sends its body.
  std::optional<HttpAnswer> answer;

 private:
  /// An answer that only says its status; an upload that is not committed is given up.
  [[nodiscard]] HttpAnswer say(HttpStatus status);
  [[nodiscard]] HttpAnswer get();
  std::optional<HttpAnswer> begin_upload(std::string_view name);

  const HttpConfig& config_;
  MemoryBudget& budget_;
  std::optional<Upload> upload_;
  bool answered_ = false;
};

}  // namespace quicrx
