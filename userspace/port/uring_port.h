// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "port/multishot_receive.h"
#include "port/socket_port_base.h"
#include "port/train_sender.h"
#include "quicrx/result.h"

namespace quicrx {

/// A socket port by io_uring, with a ring each way: so that the descriptor tells of what has arrived alone.
///
/// The rings belong to the thread that calls adopt(), or the first receive() or flush().
class UringPort final : public SocketPortBase {
 public:
  /// Refuses a port that any other socket has, but for `shares`.
  static Result<std::unique_ptr<UringPort>> open(const Config& config, const Storage& storage);

  struct Rings {
    IoRing receive, send;
    Mapping buffers;  ///< known to `receive`
  };
  UringPort(const Config& config, const Storage& storage, UdpSocket socket, Mapping memory, Rings rings);

  Result<void> adopt() override;

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] int descriptor() const override { return receiver_.descriptor(); }
  [[nodiscard]] bool has_received() const override { return !cutter_.empty() || receiver_.has_received(); }
  [[nodiscard]] std::size_t frames_in_transmit() const override { return sender_.frames_out(); }
  [[nodiscard]] bool has_unsent() const override {
    return sender_.has_unsent() || (adopted_ && receiver_.starved());
  }

 private:
  MultishotReceive receiver_;
  TrainSender sender_;
  bool adopted_ = false;
  std::thread::id owner_;
};

}  // namespace quicrx
