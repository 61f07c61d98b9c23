// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "frame/descriptor.h"
#include "quicrx/result.h"

namespace quicrx {

/// What the HTTP services serve. Outlives them.
struct HttpConfig {
  Descriptor root;        ///< folder of files to GET; none: nothing is found
  Descriptor upload_dir;  ///< folder for uploads; none: they are forbidden
  /// Uploads are read to their end and thrown away; then there is no upload_dir.
  bool discard_uploads = false;
  std::uint64_t max_upload_bytes = std::numeric_limits<std::uint64_t>::max();
  // What may be held of files that are being sent and not yet acknowledged: by one connection, and by all
  // connections of a service.
  std::size_t send_memory_per_connection_bytes = std::size_t{8} << 20;
  std::size_t send_memory_bytes = std::size_t{512} << 20;
};

/// A folder as a user names it: an error begins with the word for it. Empty path: none.
struct HttpFolder {
  std::string word;
  std::string path;
};

/// A configuration with these folders opened, and what a killed server left of uploads removed.
Result<HttpConfig> open_http_folders(const HttpFolder& root, const HttpFolder& upload_dir);

}  // namespace quicrx
