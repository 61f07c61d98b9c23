// SPDX-License-Identifier: MIT
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "library/forwarding_port.h"
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
class StandaloneSocketPort final : public ForwardingPort {
 public:
  StandaloneSocketPort(std::unique_ptr<OwnStorage> storage, std::unique_ptr<SocketPort> port)
      : storage_(std::move(storage)) {
    port_ = std::move(port);
  }
  ~StandaloneSocketPort() override { port_.reset(); }  // before what it counts in
  [[nodiscard]] PortStatistics statistics() const override {
    const std::array pools{&std::as_const(storage_->receive_counters),
                           &std::as_const(storage_->transmit_counters)};
    return statistics_of(storage_->counters, pools);
  }

 private:
  std::unique_ptr<OwnStorage> storage_;
};

template <typename OpenedPort>
Result<std::unique_ptr<PollablePort>> open(const SocketPortOptions& options) {
  if (options.number >= kMostPorts)
    return fail(ErrorKind::usage, "a port's number is below " + std::to_string(kMostPorts));
  if (options.listen.port() == 0) return fail(ErrorKind::usage, "a UDP port to listen on is needed");
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
