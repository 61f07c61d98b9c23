// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/service.h"

namespace quicrx {

/// Sends back what comes on bidirectional streams and in DATAGRAM frames; what comes on unidirectional ones
/// is thrown away. A stream's window opens only as its echo is acknowledged, so that the windows bound what
/// is held.
class EchoService final : public Service {
 public:
  [[nodiscard]] std::string_view alpn() const override { return "echo"; }
  [[nodiscard]] std::unique_ptr<Session> accept(StreamControl& connection) override;
};

}  // namespace quicrx
