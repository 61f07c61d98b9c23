// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "frame/descriptor.h"
#include "quicrx/result.h"
#include "service/preconditions.h"
#include "tl/expected.hpp"

namespace quicrx {

/// An HTTP status code (RFC 9110 section 15).
enum class HttpStatus : int {
  ok = 200,
  created = 201,
  no_content = 204,
  partial_content = 206,
  not_modified = 304,
  bad_request = 400,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  precondition_failed = 412,
  content_too_large = 413,
  range_not_satisfiable = 416,
  header_fields_too_large = 431,
  internal_error = 500,
  not_implemented = 501,
  unavailable = 503,
  insufficient_storage = 507,
};

/// A regular file, open for reading.
struct OpenFile {
  Descriptor descriptor;
  std::uint64_t bytes = 0;
  std::string_view content_type;
  Validators validators;
};

/// Opens a folder that requests are served from or stored under; O_PATH.
Result<Descriptor> open_folder(const std::string& path);

/// The state of a file: its time of change, as it is told at `now`, and a tag.
Validators validators_of(const struct stat& status, std::time_t now);

/// The file that a request path names beneath the folder `root`; of a folder its index.html. The kernel keeps
/// the look-up beneath the root, symbolic links included (openat2, RESOLVE_BENEATH).
tl::expected<OpenFile, HttpStatus> open_beneath(const Descriptor& root, std::string_view request_path);

/// The path of a request target without its query, percent-decoded; empty when it is malformed.
std::string decode_path(std::string_view target);

}  // namespace quicrx
