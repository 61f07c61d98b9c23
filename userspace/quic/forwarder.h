// SPDX-License-Identifier: MIT
#pragma once

#include "quic/connection_id_key.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// Where an endpoint leaves datagrams of connections that another worker has.
class Forwarder {
 public:
  /// Takes the datagram over, frame and all. Called on the endpoint's thread, in receive() at `now`.
  virtual void forward(Datagram datagram, WorkerNumber to, Timestamp now) = 0;

 protected:
  ~Forwarder() = default;
};

}  // namespace quicrx
