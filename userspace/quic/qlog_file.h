// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <memory>
#include <string>

#include "frame/descriptor.h"
#include "quicrx/bytes.h"
#include "quicrx/result.h"

namespace quicrx {

/// Whether a connection may be logged with this ngtcp2: before 1.22.1 a peer can overflow a buffer on the
/// stack of the qlog writer (CVE-2026-40170). `version` is that of the library at run time, as
/// ngtcp2_version() tells it.
Result<void> check_qlog_is_safe(int version);

/// The log of one connection's packets (draft-ietf-quic-qlog, as ngtcp2 writes it), for debugging.
class QlogFile {
 public:
  /// DIR/ID.sqlog, ID being the client's first destination connection ID; null when it cannot be made.
  static std::unique_ptr<QlogFile> create(const std::string& folder, const ngtcp2_cid& id);
  explicit QlogFile(Descriptor file) : file_(std::move(file)) {}

  void write(Bytes part);

 private:
  Descriptor file_;
};

}  // namespace quicrx
