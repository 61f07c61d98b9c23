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
#include "port/socket_port.h"
#include "port/source_addresses.h"
#include "quicrx/result.h"

namespace quicrx {

/// A socket port by recvmmsg and sendmmsg.
class UdpPort final : public SocketPort {
 public:
  /// Refuses a port that any other socket has, but for `shares`.
  static Result<std::unique_ptr<UdpPort>> open(const Config& config, const Storage& storage);

  UdpPort(const Config& config, Descriptor socket, const Storage& storage);

  Result<void> share() override;
  [[nodiscard]] bool can_send_from(const SocketAddress& local) override { return sources_.has(local); }
  Result<void> adopt() override;
  [[nodiscard]] std::vector<ReceivePool> receive_pools() override;

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] std::size_t max_payload(const Path& path) const override;
  [[nodiscard]] int descriptor() const override { return socket_.get(); }
  [[nodiscard]] FramePool* transmit_pool(const Path&) override { return &transmit_; }
  [[nodiscard]] bool has_received() const override { return false; }
  [[nodiscard]] std::size_t frames_in_transmit() const override { return 0; }
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
  SourceAddresses sources_;
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
