// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "port/datagram_cutter.h"
#include "port/socket_frames.h"
#include "port/socket_port.h"
#include "port/udp_socket.h"
#include "quicrx/result.h"

namespace quicrx {

/// What socket ports have in common, whichever way they talk to the kernel: the socket, the frames, and how a
/// received message becomes datagrams.
class SocketPortBase : public SocketPort {
 public:
  Result<void> share() final { return socket_.share(); }
  [[nodiscard]] const SocketAddress& bound() const final { return socket_.bound(); }
  [[nodiscard]] std::vector<ReceivePool> receive_pools() final { return frames_.receive_pools(); }
  [[nodiscard]] std::size_t max_payload(const Path& path) const final {
    return max_socket_payload(mtu_, path.remote);
  }
  [[nodiscard]] const PortCounters& counters() const final { return counters_; }
  [[nodiscard]] FramePool* transmit_pool(const Path&) final { return &frames_.transmit; }

 protected:
  /// `memory` is from SocketFrames::map().
  SocketPortBase(const Config& config, const Storage& storage, UdpSocket socket, Mapping memory)
      : mtu_(config.mtu),
        counters_(*storage.counters),
        frames_(config, storage, std::move(memory)),
        socket_(std::move(socket)),
        cutter_(config.id, socket_.bound().port(), frames_.slices, counters_) {}

  /// Fills `out` with datagrams. `begin_next` gives the cutter another message, when it is told for how many
  /// datagrams there is room; false when there is none.
  template <typename BeginNext>
  std::size_t deliver(std::span<Datagram> out, BeginNext begin_next) {
    std::size_t count = 0;
    while (count < out.size()) {
      if (!cutter_.empty()) {
        count += cutter_.take(out.subspan(count));
      } else if (!begin_next(out.size() - count)) {
        break;
      }
    }
    return count;
  }

  /// A socket sends from the port that it has: from another the peer would not take it. False, and counted,
  /// for a path from elsewhere.
  [[nodiscard]] bool can_send(const Path& path) {
    if (path.local.port() == socket_.bound().port()) return true;
    counters_.add(PortCounter::drop_send_failed);
    return false;
  }

 private:
  unsigned mtu_;

 protected:
  PortCounters& counters_;
  SocketFrames frames_;
  UdpSocket socket_;
  DatagramCutter cutter_;
};

}  // namespace quicrx
