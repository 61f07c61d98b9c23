// SPDX-License-Identifier: MIT
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "library/forwarding_port.h"
#include "library/owned_program.h"
#include "library/setup_lock.h"
#include "port/udp_socket.h"
#include "port/xdp_port.h"
#include "quicrx/xdp_port.h"
#include "steer_abi.h"
#include "telemetry/worker_record.h"
#include "xdp/capabilities.h"
#include "xdp/device_features.h"
#include "xdp/queue_trap.h"
#include "xdp/steer_maps.h"

namespace quicrx {
namespace {

/// An AF_XDP port with all that it takes: its record, for `quicrx stats`, the XDP program, and sockets that
/// keep the UDP port from others, and from being "unreachable" where XDP passes something to the kernel.
class StandaloneXdpPort final : public ForwardingPort {
 public:
  static Result<std::unique_ptr<PollablePort>> open(const XdpPortOptions& options);
  ~StandaloneXdpPort() override;
  [[nodiscard]] PortStatistics statistics() const override;

 private:
  explicit StandaloneXdpPort(SetupLock lock) { lock_.emplace(std::move(lock)); }
  Result<void> reserve(std::uint16_t udp_port);
  Result<void> claim(const Interface& interface, const UmemPlan& plan, const XdpPortOptions& options);
  Result<void> open_port(const Interface& interface, const UmemPlan& plan, const XdpPortOptions& options);

  std::optional<SetupLock> lock_;  // while what is claimed comes or goes
  std::vector<UdpSocket> reserved_;
  std::optional<OwnedProgram> program_;
  std::unique_ptr<Record> record_;
};

/// Nobody reads them: what is passed to the kernel is lost.
Result<void> StandaloneXdpPort::reserve(std::uint16_t udp_port) {
  for (const PortId id : {PortId::socket4, PortId::socket6}) {
    const bool v6 = id == PortId::socket6;
    auto socket = UdpSocket::open(
        {.id = id, .listen = v6 ? SocketAddress::any_ipv6(udp_port) : SocketAddress::any_ipv4(udp_port)});
    if (socket) {
      reserved_.push_back(std::move(*socket));
    } else if (!v6 || socket.error().kind != ErrorKind::unsupported) {
      return tl::unexpected(socket.error());
    }
  }
  return {};
}

Result<void> StandaloneXdpPort::claim(const Interface& interface, const UmemPlan& plan,
                                      const XdpPortOptions& options) {
  const std::uint32_t flags = options.any_payload ? QUICRX_ANY_PAYLOAD : 0;
  const std::vector<PortRange> ports{{options.udp_port, options.udp_port}};
  if (auto cleared = clear_abandoned(interface, Wanted{ports, plan.multi_buffer(), flags}); !cleared)
    return cleared;
  auto record = Record::create(name_of(interface), options.queue, plan);
  if (!record) return tl::unexpected(record.error());
  record_ = std::move(*record);
  auto program = OwnedProgram::ensure(interface, ports, flags);
  if (!program) return tl::unexpected(program.error());
  program_.emplace(std::move(*program));
  return refuse_mute_queue(interface, options.queue);
}

Result<void> StandaloneXdpPort::open_port(const Interface& interface, const UmemPlan& plan,
                                          const XdpPortOptions& options) {
  auto port = XdpPort::open({.interface = interface,
                             .queue = options.queue,
                             .worker = options.number,
                             .plan = plan,
                             .native = program_->attachment().native},
                            worker_storage(*record_).xdp);
  if (!port) return tl::unexpected(port.error());
  describe_port(record_->header(), **port);
  record_->header().udp_port = options.udp_port;
  port_ = std::move(*port);
  return SteerMaps::open(interface).and_then(
      [&](const SteerMaps& maps) { return maps.set_socket(options.queue, port_->descriptor()); });
}

Result<std::unique_ptr<PollablePort>> StandaloneXdpPort::open(const XdpPortOptions& options) {
  if (options.udp_port == 0) return fail(ErrorKind::usage, "a UDP port to steer is needed");
  if (options.number >= kMostPorts)
    return fail(ErrorKind::usage, "a port's number is below " + std::to_string(kMostPorts));
  if (auto usable = check_machine(); !usable) return tl::unexpected(usable.error());
  const auto interface = find_interface(options.interface);
  if (!interface) return tl::unexpected(interface.error());
  if (options.queue >= interface->receive_queues)
    return fail(ErrorKind::not_found,
                interface->name + " has no receive queue " + std::to_string(options.queue));
  const auto plan = plan_umem(*interface, ask_device_features(*interface), options.frames);
  if (!plan) return tl::unexpected(plan.error());
  auto lock = SetupLock::take();
  if (!lock) return tl::unexpected(lock.error());
  std::unique_ptr<StandaloneXdpPort> port(new StandaloneXdpPort(std::move(*lock)));
  auto opened = port->reserve(options.udp_port)
                    .and_then([&] { return port->claim(*interface, *plan, options); })
                    .and_then([&] { return port->open_port(*interface, *plan, options); });
  if (!opened) return tl::unexpected(opened.error());
  port->lock_.reset();
  return port;
}

/// In this order: the record says whether another poller is left, which keeps the program. Where the lock
/// cannot be had the next poller clears up.
StandaloneXdpPort::~StandaloneXdpPort() {
  if (!lock_)
    if (auto taken = SetupLock::take()) lock_.emplace(std::move(*taken));
  port_.reset();
  record_.reset();
  program_.reset();
}

PortStatistics StandaloneXdpPort::statistics() const {
  const RecordHeader& header = std::as_const(*record_).header();
  const auto pool = [&](PoolKind kind) { return &header.pools[static_cast<std::size_t>(kind)]; };
  const std::array pools{pool(PoolKind::receive), pool(PoolKind::transmit), pool(PoolKind::gather)};
  return statistics_of(header.xdp, pools);
}

}  // namespace

Result<std::unique_ptr<PollablePort>> open_xdp_port(const XdpPortOptions& options) {
  return StandaloneXdpPort::open(options);
}

}  // namespace quicrx
