// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/service.h"

namespace quicrx {

/// Measures throughput (draft-banks-quic-performance): the first eight bytes of a stream say how many the
/// server sends back once the client's data, which is thrown away, has come to its end. The answer to a
/// unidirectional stream goes on one of the server's own.
class PerfService final : public Service {
 public:
  [[nodiscard]] std::string_view alpn() const override { return "perf"; }
  [[nodiscard]] std::unique_ptr<Session> accept(StreamControl& connection) override;
};

}  // namespace quicrx
