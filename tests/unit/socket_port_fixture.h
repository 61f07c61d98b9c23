// SPDX-License-Identifier: MIT
/// A socket port on loopback, and what it counts.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plain_socket.h"
#include "port/socket_port.h"

namespace quicrx::test {

/// "0000aaaa", "0001aaaa", ...: so many of `bytes` each.
std::string numbered(std::size_t count, std::size_t bytes);
std::string numbered_one(std::size_t number, std::size_t bytes);

struct SocketKind {
  std::string name;
  Result<std::unique_ptr<SocketPort>> (*open)(const SocketPort::Config&, const SocketPort::Storage&);
  bool v6 = false;
};

class SocketPortFixture {
 public:
  /// Without `listen` on loopback, at a port that nobody has.
  explicit SocketPortFixture(const SocketKind& kind, unsigned mtu = 1500,
                             std::optional<SocketAddress> listen = std::nullopt);

  [[nodiscard]] Path path_to(const SocketAddress& remote) const;
  /// Receives until there are so many, at most a second.
  std::vector<Datagram> receive(std::size_t count, std::size_t batch = kBatch);
  bool send(const std::string& payload, const Path& path, Ecn ecn = Ecn::not_ect);
  /// Until the kernel has sent everything, at most a second.
  void flush();

  [[nodiscard]] FrameCounts receive_frames() const { return count_states(receive_words); }
  [[nodiscard]] FrameCounts transmit_frames() const { return count_states(transmit_words); }
  [[nodiscard]] std::uint64_t counted(PortCounter id) const { return counters.get(id); }

  std::vector<FrameWord> receive_words, transmit_words;
  PoolCounters receive_counters, transmit_counters;
  PortCounters counters;
  SocketAddress address;
  std::unique_ptr<SocketPort> port;
  /// Why there is no port: this kernel, or a filter around the tests, lacks io_uring.
  std::string lacking;
};

inline std::string text_of(const Datagram& datagram) {
  return {datagram.frame.payload().begin(), datagram.frame.payload().end()};
}

}  // namespace quicrx::test
