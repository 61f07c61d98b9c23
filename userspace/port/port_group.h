// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <vector>

#include "port/leaf_port.h"
#include "port/port_counters.h"
#include "port/udp_port.h"
#include "port/xdp_port.h"

namespace quicrx {

/// A worker's ports as one: an AF_XDP port and the UDP sockets that stand behind it. A datagram is answered
/// by the port it came by.
class PortGroup final : public Port {
 public:
  /// `ipv6` may be missing, on a machine without IPv6.
  PortGroup(std::unique_ptr<XdpPort> xdp, std::unique_ptr<UdpPort> ipv4, std::unique_ptr<UdpPort> ipv6,
            PortCounters& counters);

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] std::size_t max_payload(const Path& path) const override;

  /// The calling thread uses the ports from now on.
  void adopt();
  /// Where received datagrams lie.
  [[nodiscard]] std::vector<SlabPool*> receive_pools();
  /// Lets other workers' sockets have the UDP port too.
  Result<void> share();

  /// Sleeps until something has arrived, `wake` is readable, or `timeout` is over (negative: no limit; zero:
  /// a look now and then, not a system call each time). Whether `wake` is readable.
  bool wait(std::chrono::nanoseconds timeout, int wake);

  [[nodiscard]] bool has_unsent() const;
  [[nodiscard]] const XdpPort& xdp() const { return *xdp_; }

 private:
  /// Null on a machine without IPv6, of which another worker may have handed over.
  [[nodiscard]] LeafPort* leaf(PortId id) const { return leaves_[static_cast<std::size_t>(id)]; }
  bool look(std::chrono::nanoseconds timeout, int wake, bool with_xdp);
  bool busy_poll(std::chrono::nanoseconds timeout, int wake);

  std::unique_ptr<XdpPort> xdp_;
  std::unique_ptr<UdpPort> ipv4_;
  std::unique_ptr<UdpPort> ipv6_;
  std::array<LeafPort*, 3> leaves_;  // by PortId
  PortCounters& counters_;
  std::array<bool, 3> readable_{};  // by PortId: what the last look found
  bool wake_readable_ = false;
  std::size_t turn_ = 0;
  std::size_t turns_without_look_ = 0;
};

}  // namespace quicrx
