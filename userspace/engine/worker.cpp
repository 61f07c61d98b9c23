// SPDX-License-Identifier: MIT
#include "engine/worker.h"

#include <algorithm>

#include "frame/lazy_memory.h"
#include "frame/pool_ids.h"
#include "port/udp_port.h"
#include "port/uring_port.h"

namespace quicrx {
namespace {

// While the last sends leave.
constexpr std::chrono::nanoseconds kRetry = std::chrono::microseconds(100);
// How long what was sent last may take to leave when the worker stops.
constexpr std::chrono::milliseconds kLastSends{200};
// How often a worker that has drained looks whether the others have.
constexpr std::chrono::milliseconds kLookAtOthers{10};
constexpr std::chrono::nanoseconds kForever{-1};

EndpointConfig with_hold_pool(EndpointConfig config, FramePool& hold) {
  config.hold_pool = &hold;
  return config;
}

Result<std::unique_ptr<SocketPort>> open_socket(const SocketPort::Config& config,
                                                const SocketPort::Storage& storage, SocketIo io) {
  if (io == SocketIo::io_uring) return UringPort::open(config, storage);
  return UdpPort::open(config, storage);
}

/// Null where no address of the family is listened to. IPv6 may be switched off on the machine.
Result<std::unique_ptr<SocketPort>> open_family(PortId id, const Worker::Config& config,
                                                const SocketPort::Storage& storage) {
  const auto& listen = id == PortId::socket6 ? config.ipv6 : config.ipv4;
  if (!listen) return std::unique_ptr<SocketPort>();
  auto port = open_socket({id, *listen, config.socket_mtu, config.quic.worker, config.shares_port}, storage,
                          config.socket_io);
  if (port) return port;
  if (id == PortId::socket6 && config.ipv4 && port.error().kind == ErrorKind::unsupported)
    return std::unique_ptr<SocketPort>();
  return tl::unexpected(port.error());
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::open(const Config& config, const Storage& storage,
                                             std::shared_ptr<const TlsContext> tls) {
  auto waker = Waker::create();
  if (!waker) return tl::unexpected(waker.error());
  PortGroup::Parts parts;
  auto ipv4 = open_family(PortId::socket4, config, storage.socket4);
  if (!ipv4) return tl::unexpected(ipv4.error());
  parts.ipv4 = std::move(*ipv4);
  auto ipv6 = open_family(PortId::socket6, config, storage.socket6);
  if (!ipv6) return tl::unexpected(ipv6.error());
  parts.ipv6 = std::move(*ipv6);
  const XdpPort* queue = nullptr;
  if (config.xdp) {
    auto xdp = XdpPort::open(*config.xdp, storage.xdp);
    if (!xdp) return tl::unexpected(xdp.error());
    queue = xdp->get();
    parts.xdp = std::move(*xdp);
  }
  auto ports = std::make_unique<PortGroup>(std::move(parts), config.transmit);
  auto hold = map_lazily(Worker::kHoldFrames * kHoldFrameBytes);
  if (!hold) return tl::unexpected(hold.error());
  auto worker = std::make_unique<Worker>(std::move(ports), std::move(*waker), std::move(*hold), config,
                                         storage, std::move(tls));
  worker->xdp_ = queue;
  return worker;
}

Worker::Worker(std::unique_ptr<PortGroup> ports, Waker waker, Mapping hold_memory, const Config& config,
               const Storage& storage, std::shared_ptr<const TlsContext> tls)
    : ports_(std::move(ports)),
      waker_(std::move(waker)),
      handoff_(*storage.handoff, *storage.handoff_latency),
      hold_memory_(std::move(hold_memory)),
      hold_({pool_id(config.quic.worker, PoolKind::hold), kHoldFrameBytes, 0}, hold_memory_.bytes(),
            storage.hold.words, *storage.hold.counters),
      endpoint_(*ports_, std::move(tls), config.services, with_hold_pool(config.quic, hold_),
                *storage.endpoint),
      drain_(config.drain),
      batch_(kBatch) {}

void Worker::connect(std::vector<Handoff::Peer> peers) {
  handoff_.connect(std::move(peers));
  endpoint_.forward_to(handoff_);
}

void Worker::order(Stage stage) {
  stage_.store(stage, std::memory_order_release);
  waker_.wake();
}

void Worker::use(std::shared_ptr<const TlsContext> tls) {
  context_.put(std::move(tls));
  waker_.wake();
}

void Worker::turn() {
  Timestamp now = Clock::now();
  if (auto context = context_.take()) endpoint_.use(std::move(*context));
  handoff_.collect();
  const std::size_t count = ports_->receive(batch_, now);
  full_batch_ = count == batch_.size();
  if (count > 0) look_again_.start_over();
  endpoint_.receive(std::span(batch_).first(count), now);
  handoff_.publish();
  now = take_over(now);
  endpoint_.expire(now);
  endpoint_.write(now);
  ports_->flush();
}

/// Reads what other workers hand over. The time now: our own datagrams took some, which was the others' wait.
Timestamp Worker::take_over(Timestamp now) {
  if (!handoff_.pending()) return now;
  now = Clock::now();
  const std::size_t count = handoff_.take(batch_, now);
  full_batch_ = full_batch_ || count == batch_.size();
  look_again_.start_over();
  endpoint_.receive(std::span(batch_).first(count), now);
  return now;
}

std::chrono::nanoseconds Worker::time_to_sleep(Timestamp now) {
  if (full_batch_) return std::chrono::nanoseconds(0);
  std::chrono::nanoseconds sleep = kForever;
  if (const auto deadline = endpoint_.deadline())
    sleep = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(*deadline - now));
  const auto look = look_again_.after({.somebody_waits = endpoint_.starved() || ports_->has_unsent(),
                                       .frames_out = ports_->frames_in_transmit() + handoff_.away(),
                                       .sent = ports_->sent_datagrams()});
  if (look) sleep = sleep == kForever ? *look : std::min(sleep, *look);
  return sleep;
}

/// Until something has arrived or was handed over, a connection is due, `longest` is over, or the stage is no
/// longer this one.
void Worker::sleep(Stage during, std::chrono::nanoseconds longest) {
  std::chrono::nanoseconds time = time_to_sleep(Clock::now());
  if (longest != kForever) time = time == kForever ? longest : std::min(time, longest);
  if (time.count() == 0) {
    ports_->wait(time, waker_.descriptor());
    return;
  }
  waker_.announce_sleep();
  const bool due = handoff_.pending() || stage() != during || context_.full();
  if (due) time = std::chrono::nanoseconds(0);
  waker_.end_sleep(ports_->wait(time, waker_.descriptor()));
}

Result<void> Worker::adopt() {
  hold_.adopt();
  return ports_->adopt();
}

void Worker::run(DrainGroup& group) {
  while (stage() == Stage::serving) {
    turn();
    sleep(Stage::serving, kForever);
  }
  drain_connections(group);
  stop_serving();
}

/// New connections are refused from here on, and those that are there take nothing new. A worker whose own
/// connections have ended still hands over what arrives for those of others.
void Worker::drain_connections(DrainGroup& group) {
  DrainGroup::Member self(group);
  const Timestamp limit = Clock::now() + drain_;
  endpoint_.drain();
  for (Timestamp now = Clock::now(); stage() == Stage::draining && now < limit; now = Clock::now()) {
    turn();
    self.update(endpoint_.drained());
    if (group.drained()) return;
    sleep(Stage::draining,
          self.drained() ? std::min<std::chrono::nanoseconds>(kLookAtOthers, limit - now) : limit - now);
  }
}

void Worker::stop_serving() {
  endpoint_.write(Clock::now());
  endpoint_.shut_down(Clock::now());
  ports_->flush();
  // The closes are with the kernel when none is left and every transmit frame is back.
  const Timestamp limit = Clock::now() + kLastSends;
  while ((endpoint_.send_closes() > 0 || ports_->frames_in_transmit() > 0) && Clock::now() < limit) {
    ports_->flush();
    ports_->wait(kRetry, -1);
  }
  endpoint_.give_up_closes();
  ports_->flush();
}

}  // namespace quicrx
