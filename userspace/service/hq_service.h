// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/service.h"
#include "service/file_reader.h"
#include "service/http_config.h"

namespace quicrx {

/// HTTP/0.9 over QUIC, as the interoperability tests of QUIC stacks speak it: "GET /path" in, the file out.
class HqService final : public Service {
 public:
  explicit HqService(const HttpConfig& config) : config_(config) {}

  [[nodiscard]] std::string_view alpn() const override { return "hq-interop"; }
  [[nodiscard]] std::unique_ptr<Session> accept(StreamControl& connection) override;

 private:
  const HttpConfig& config_;
  MemoryBudget memory_{config_.send_memory_bytes};
};

}  // namespace quicrx
