// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "frame/descriptor.h"
#include "quicrx/result.h"
#include "tl/expected.hpp"

namespace quicrx {

/// An HTTP status code (RFC 9110 section 15).
enum class HttpStatus : int {
  ok = 200,
  created = 201,
  bad_request = 400,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  content_too_large = 413,
  internal_error = 500,
  unavailable = 503,
  insufficient_storage = 507,
};

/// A regular file, open for reading.
struct OpenFile {
  Descriptor descriptor;
  std::uint64_t bytes = 0;
  std::string_view content_type;
};

/// Opens a folder that requests are served from or stored under; O_PATH.
Result<Descriptor> open_folder(const std::string& path);

/// The file that a request path names beneath the folder `root`; of a folder its index.html. The kernel keeps
/// the look-up beneath the root, symbolic links included (openat2, RESOLVE_BENEATH).
tl::expected<OpenFile, HttpStatus> open_beneath(const Descriptor& root, std::string_view request_path);

/// The path of a request target without its query, percent-decoded; empty when it is malformed.
std::string decode_path(std::string_view target);

}  // namespace quicrx
