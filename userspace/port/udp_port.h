// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "frame/descriptor.h"
#include "frame/slab_pool.h"
#include "port/leaf_port.h"
#include "port/port_counters.h"
#include "quicrx/result.h"

namespace quicrx {

/// Datagrams from and to a kernel UDP socket of one address family.
///
/// Beside an AF_XDP port it reserves the UDP port, and serves what the XDP program passed to the kernel.
class UdpPort final : public LeafPort {
 public:
  static constexpr std::size_t kReceiveFrames = 2 * kBatch;
  static constexpr std::size_t kTransmitFrames = 4 * kBatch;

  struct Storage {
    std::span<FrameWord> receive_words;   ///< kReceiveFrames
    std::span<FrameWord> transmit_words;  ///< kTransmitFrames
    PoolCounters* receive_counters = nullptr;
    PoolCounters* transmit_counters = nullptr;
    PortCounters* counters = nullptr;
  };

  struct Config {
    PortId id;  ///< which port of the worker it is
    std::uint16_t udp_port = 0;
    unsigned mtu = 1500;  ///< what comes is no larger
    std::uint16_t worker = 0;
    /// Another worker's socket has the port already, and shares it (share()).
    bool shares = false;
  };

  /// Binds to every address of the family. Refuses a port that any other socket has, but for `shares`.
  static Result<std::unique_ptr<UdpPort>> open(const Config& config, const Storage& storage);

  UdpPort(const Config& config, Descriptor socket, const Storage& storage);

  /// From now on sockets of other workers may bind to the port: the kernel shares flows out among them
  /// (SO_REUSEPORT, socket(7)).
  Result<void> share();
  /// The calling thread uses the port from now on.
  void adopt();
  [[nodiscard]] SlabPool& receive_pool() { return receive_; }

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] std::size_t max_payload(const Path& path) const override;
  [[nodiscard]] int descriptor() const override { return socket_.get(); }
  [[nodiscard]] FramePool& transmit_pool() override { return transmit_; }
  [[nodiscard]] bool has_unsent() const override { return queued_ > 0; }

 private:
  /// One slot of a batch, where a msghdr can point at its parts.
  struct Message {
    static constexpr std::size_t kControlBytes =
        CMSG_SPACE(sizeof(in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int));

    std::optional<FrameIndex> lent;  ///< in: the frame that the next datagram goes into
    Frame frame;                     ///< out: what is to be sent
    sockaddr_storage address{};
    iovec part{};
    alignas(cmsghdr) std::array<char, kControlBytes> control{};
  };

  bool prepare(Message& message, msghdr& header);
  std::optional<Datagram> read(Message& message, mmsghdr& header, Timestamp now);

  PortId id_;
  std::uint16_t udp_port_;
  Descriptor socket_;
  PortCounters& counters_;
  std::vector<std::uint8_t> memory_;
  SlabPool receive_;
  SlabPool transmit_;
  std::vector<Message> in_;  // kBatch each
  std::vector<Message> out_;
  std::vector<mmsghdr> in_headers_;
  std::vector<mmsghdr> out_headers_;
  std::size_t queued_ = 0;         // of out_
  std::uint32_t lost_in_all_ = 0;  // by the kernel, last time it said
};

}  // namespace quicrx
