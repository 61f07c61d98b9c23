// SPDX-License-Identifier: MIT
#include <memory>
#include <utility>
#include <vector>

#include "port/udp_port.h"
#include "port/uring_port.h"
#include "quicrx/socket_port.h"

namespace quicrx {
namespace {

// IPv6 wants every link to hold the least; no IP packet without extensions is longer than the most.
constexpr unsigned kLeastMtu = 1280, kMostMtu = 65535;

/// Where a port counts that has no record.
struct OwnStorage {
  std::vector<FrameWord> receive_words = std::vector<FrameWord>(SocketPort::kReceiveFrames);
  std::vector<FrameWord> transmit_words = std::vector<FrameWord>(SocketPort::kTransmitFrames);
  PoolCounters receive_counters, transmit_counters;
  PortCounters counters;

  SocketPort::Storage storage() {
    return {receive_words, transmit_words, &receive_counters, &transmit_counters, &counters};
  }
};

/// A socket port with what it counts in.
class StandaloneSocketPort final : public PollablePort {
 public:
  StandaloneSocketPort(std::unique_ptr<OwnStorage> storage, std::unique_ptr<SocketPort> port)
      : storage_(std::move(storage)), port_(std::move(port)) {}

  std::size_t receive(std::span<Datagram> out, Timestamp now) override { return port_->receive(out, now); }
  [[nodiscard]] FramePool* transmit_pool(const Path& path) override { return port_->transmit_pool(path); }
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override { return port_->acquire(path); }
  void send(Frame frame, const Path& path, Ecn ecn) override { port_->send(std::move(frame), path, ecn); }
  void flush() override { port_->flush(); }
  [[nodiscard]] std::size_t max_payload(const Path& path) const override { return port_->max_payload(path); }
  [[nodiscard]] int descriptor() const override { return port_->descriptor(); }
  [[nodiscard]] bool has_received() const override { return port_->has_received(); }
  [[nodiscard]] bool has_unsent() const override { return port_->has_unsent(); }
  [[nodiscard]] std::size_t frames_in_transmit() const override { return port_->frames_in_transmit(); }
  Result<void> adopt() override { return port_->adopt(); }

 private:
  std::unique_ptr<OwnStorage> storage_;
  std::unique_ptr<SocketPort> port_;
};

template <typename OpenedPort>
Result<std::unique_ptr<PollablePort>> open(const SocketPortOptions& options) {
  if (options.number >= kMostPorts)
    return fail(ErrorKind::usage, "a port's number is below " + std::to_string(kMostPorts));
  if (options.mtu < kLeastMtu || options.mtu > kMostMtu)
    return fail(ErrorKind::usage, "a socket port's MTU is from " + std::to_string(kLeastMtu) + " to " +
                                      std::to_string(kMostMtu));
  auto storage = std::make_unique<OwnStorage>();
  const SocketPort::Config config{.id = options.listen.is_ipv6() ? PortId::socket6 : PortId::socket4,
                                  .listen = options.listen,
                                  .mtu = options.mtu,
                                  .worker = options.number};
  auto port = OpenedPort::open(config, storage->storage());
  if (!port) return tl::unexpected(port.error());
  return std::make_unique<StandaloneSocketPort>(std::move(storage), std::move(*port));
}

}  // namespace

Result<std::unique_ptr<PollablePort>> open_socket_port(const SocketPortOptions& options) {
  return open<UdpPort>(options);
}

Result<std::unique_ptr<PollablePort>> open_uring_port(const SocketPortOptions& options) {
  return open<UringPort>(options);
}

}  // namespace quicrx
