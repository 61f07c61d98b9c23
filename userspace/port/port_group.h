// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "port/socket_port.h"
#include "port/source_addresses.h"

namespace quicrx {

/// By what answers to datagrams leave that came by AF_XDP.
enum class TransmitBy : std::uint8_t {
  /// AF_XDP where the driver has zero copy or the path a VLAN tag, else a socket: that costs less
  /// (docs/performance.md).
  automatic,
  af_xdp,
  socket,  ///< the kernel's UDP stack, with its routing and its segmentation
};

/// A worker's ports as one: an AF_XDP port and the UDP sockets that stand behind it, or sockets alone. A
/// datagram is answered by the port it came by, unless TransmitBy says otherwise.
class PortGroup final : public Port {
 public:
  /// Any may be missing, but not all.
  struct Parts {
    std::unique_ptr<QueuePort> xdp;
    std::unique_ptr<SocketPort> ipv4;
    std::unique_ptr<SocketPort> ipv6;
  };

  /// `list`: of the addresses of the machine.
  PortGroup(Parts parts, TransmitBy transmit, SourceAddresses::List list = machine_addresses);

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] FramePool* transmit_pool(const Path& path) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] std::size_t max_payload(const Path& path) const override;

  /// The calling thread uses the ports from now on.
  Result<void> adopt();
  /// Where received datagrams lie.
  [[nodiscard]] std::vector<ReceivePool> receive_pools();
  /// Lets other workers' sockets have the UDP port too.
  Result<void> share();

  /// Sleeps until something has arrived, `wake` is readable, or `timeout` is over (negative: no limit; zero:
  /// a look now and then, not a system call each time). Whether `wake` is readable.
  bool wait(std::chrono::nanoseconds timeout, int wake);

  [[nodiscard]] bool has_unsent() const;
  [[nodiscard]] std::size_t frames_in_transmit() const;
  /// So far.
  [[nodiscard]] std::uint64_t sent_datagrams() const;
  /// Whether what came by AF_XDP is answered by sockets.
  [[nodiscard]] bool sends_by_socket() const { return transmit_ != TransmitBy::af_xdp; }

 private:
  static constexpr std::size_t kLeaves = 3;  // by PortId

  [[nodiscard]] LeafPort* leaf(PortId id) const { return leaves_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] LeafPort* way_out(const Path& path) const;
  bool look(std::chrono::nanoseconds timeout, int wake, bool with_xdp);
  bool busy_poll(std::chrono::nanoseconds timeout, int wake);

  Parts parts_;
  std::array<LeafPort*, kLeaves> leaves_;
  TransmitBy transmit_;
  /// Null where nothing that came by AF_XDP leaves by a socket.
  std::unique_ptr<SourceAddresses> sources_;
  std::array<bool, kLeaves> readable_{};  // what the last look found
  bool wake_readable_ = false;
  std::size_t turn_ = 0;
  std::size_t turns_without_look_ = 0;
};

}  // namespace quicrx
