// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/service.h"
#include "service/file_reader.h"
#include "service/http_config.h"
#include "service/http_date.h"

namespace quicrx {

/// HTTP/3 (RFC 9114): GET and HEAD of files or parts of them, PUT and POST to /upload/NAME.
class H3Service final : public Service {
 public:
  explicit H3Service(const HttpConfig& config) : config_(config) {}

  [[nodiscard]] std::string_view alpn() const override { return "h3"; }
  [[nodiscard]] std::unique_ptr<Session> accept(StreamControl& connection) override;

 private:
  const HttpConfig& config_;
  DateClock clock_;
  MemoryBudget memory_{config_.send_memory_bytes};
};

}  // namespace quicrx
