// SPDX-License-Identifier: MIT
/// The services that come with quicrx.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "quicrx/export.h"
#include "quicrx/result.h"
#include "quicrx/service.h"

namespace quicrx {

struct HttpOptions {
  std::string root{};        ///< folder of files to serve; empty: nothing is found
  std::string upload_dir{};  ///< folder for PUT and POST to /upload/NAME; empty: they are forbidden
  std::uint64_t max_upload_bytes = std::numeric_limits<std::uint64_t>::max();
};

/// HTTP/3 (RFC 9114), ALPN "h3": files out, uploads in.
[[nodiscard]] QUICRX_API Result<std::unique_ptr<Service>> make_h3_service(const HttpOptions& options);
/// The interop runner's HTTP/0.9 over QUIC, ALPN "hq-interop".
[[nodiscard]] QUICRX_API Result<std::unique_ptr<Service>> make_hq_service(const HttpOptions& options);
/// Bytes back as they came, ALPN "echo".
[[nodiscard]] QUICRX_API std::unique_ptr<Service> make_echo_service();
/// As many bytes as were asked for, ALPN "perf" (draft-banks-quic-performance).
[[nodiscard]] QUICRX_API std::unique_ptr<Service> make_perf_service();

}  // namespace quicrx
