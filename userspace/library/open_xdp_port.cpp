// SPDX-License-Identifier: MIT
#include <memory>
#include <utility>

#include "library/owned_program.h"
#include "library/setup_lock.h"
#include "port/xdp_port.h"
#include "quicrx/xdp_port.h"
#include "steer_abi.h"
#include "telemetry/record.h"
#include "xdp/capabilities.h"
#include "xdp/device_features.h"
#include "xdp/queue_trap.h"
#include "xdp/steer_maps.h"

namespace quicrx {
namespace {

/// An AF_XDP port with all that it takes: its record, for `quicrx stats`, and the XDP program.
class StandaloneXdpPort final : public PollablePort {
 public:
  static Result<std::unique_ptr<PollablePort>> open(const XdpPortOptions& options);
  ~StandaloneXdpPort() override;

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
  StandaloneXdpPort() = default;
  Result<void> claim(const Interface& interface, const UmemPlan& plan, const XdpPortOptions& options);
  Result<void> open_port(const Interface& interface, const UmemPlan& plan, const XdpPortOptions& options);

  // What is claimed goes in the reverse order: the socket, the record, then the program.
  std::optional<OwnedProgram> program_;
  std::unique_ptr<Record> record_;
  std::unique_ptr<XdpPort> port_;
};

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
  RecordHeader& header = record_->header();
  const auto pool = [&](PoolKind kind) {
    return PoolStorage{record_->words(kind), &header.pools[static_cast<std::size_t>(kind)]};
  };
  auto port =
      XdpPort::open({.interface = interface,
                     .queue = options.queue,
                     .worker = options.number,
                     .plan = plan,
                     .native = program_->attachment().native},
                    {pool(PoolKind::receive), pool(PoolKind::transmit), pool(PoolKind::gather), &header.xdp});
  if (!port) return tl::unexpected(port.error());
  port_ = std::move(*port);
  header.xsk = port_->descriptor();
  header.udp_port = options.udp_port;
  header.zero_copy = port_->zero_copy() ? 1 : 0;
  header.zero_copy_refused = port_->zero_copy_refused();
  header.huge_pages = port_->huge_pages() ? 1 : 0;
  return SteerMaps::open(interface).and_then(
      [&](const SteerMaps& maps) { return maps.set_socket(options.queue, port_->descriptor()); });
}

Result<std::unique_ptr<PollablePort>> StandaloneXdpPort::open(const XdpPortOptions& options) {
  if (options.udp_port == 0) return fail(ErrorKind::usage, "a UDP port is needed");
  if (auto usable = check_machine(); !usable) return tl::unexpected(usable.error());
  const auto interface = find_interface(options.interface);
  if (!interface) return tl::unexpected(interface.error());
  if (options.queue >= interface->receive_queues)
    return fail(ErrorKind::not_found,
                interface->name + " has no receive queue " + std::to_string(options.queue));
  const auto plan = plan_umem(*interface, ask_device_features(*interface), options.frames);
  if (!plan) return tl::unexpected(plan.error());
  const auto lock = SetupLock::take();
  if (!lock) return tl::unexpected(lock.error());
  std::unique_ptr<StandaloneXdpPort> port(new StandaloneXdpPort);
  auto opened = port->claim(*interface, *plan, options).and_then([&] {
    return port->open_port(*interface, *plan, options);
  });
  if (!opened) return tl::unexpected(opened.error());
  return port;
}

/// The lock is held while programs come and go; where it cannot be had the next poller clears up.
StandaloneXdpPort::~StandaloneXdpPort() {
  const auto lock = SetupLock::take();
  port_.reset();
  record_.reset();
  program_.reset();
}

}  // namespace

Result<std::unique_ptr<PollablePort>> open_xdp_port(const XdpPortOptions& options) {
  return StandaloneXdpPort::open(options);
}

}  // namespace quicrx
