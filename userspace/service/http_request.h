// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "service/document_root.h"
#include "service/file_reader.h"
#include "service/http_config.h"
#include "service/preconditions.h"
#include "service/upload.h"

namespace quicrx {

/// What is answered to a request, headers and where the body comes from. Fields that are empty are not sent.
struct HttpAnswer {
  HttpStatus status = HttpStatus::ok;
  std::string content_type;
  std::string content_range;
  std::string allow;
  std::optional<Validators> validators;         ///< of a file, whose parts can be asked for
  std::optional<std::uint64_t> content_length;  ///< also of the body that HEAD does not get
  std::unique_ptr<FileReader> file;             ///< the body, or `text` is
  std::string text;
  bool has_body = true;
};

/// One HTTP request, from its header fields to its answer. Knows files, not streams.
class HttpRequest {
 public:
  HttpRequest(const HttpConfig& config, MemoryBudget& budget) : config_(config), budget_(budget) {}

  std::string method;
  std::string target;
  std::optional<std::uint64_t> content_length;
  Preconditions conditions;
  std::optional<std::string> range;

  /// All header fields are there. An answer now, or nothing while the body is to come first.
  std::optional<HttpAnswer> headers_done();
  /// A part of the body. An answer when it cannot be taken.
  std::optional<HttpAnswer> body(Bytes part);
  /// The request is whole, and takes effect. An answer, unless one was given before.
  std::optional<HttpAnswer> done();
  /// An answer that only says its status; an upload that is not committed is given up.
  [[nodiscard]] HttpAnswer say(HttpStatus status);

  /// Whether a body that is still to come would be of use, had the request not been answered.
  [[nodiscard]] bool has_content() const { return method != "GET" && method != "HEAD"; }
  /// Whether the request changes nothing, and may be answered twice (RFC 9110 section 9.2.1).
  [[nodiscard]] bool is_safe() const { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }
  /// The request was given up: nothing of it stays.
  void cancel() { upload_.reset(); }

 private:
  [[nodiscard]] HttpAnswer get();
  /// The file, or the part of it that Range asks for.
  [[nodiscard]] HttpAnswer file_answer(OpenFile file, std::time_t now);
  [[nodiscard]] HttpAnswer options();
  /// Without content.
  [[nodiscard]] HttpAnswer bare(HttpStatus status);
  std::optional<HttpAnswer> begin_upload(std::string_view name);

  const HttpConfig& config_;
  MemoryBudget& budget_;
  std::optional<Upload> upload_;
  std::optional<std::uint64_t> discarded_bytes_;  // of an upload that is thrown away
  bool answered_ = false;
};

}  // namespace quicrx
