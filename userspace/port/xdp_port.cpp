// SPDX-License-Identifier: MIT
#include "port/xdp_port.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "net/headers.h"

namespace quicrx {
namespace {

constexpr PoolId kReceivePool = 1;
constexpr PoolId kTransmitPool = 2;
// One call takes 32 frames in copy mode on older kernels; what is left after so many goes with the next turn.
constexpr int kMaxSendCalls = 4;

}  // namespace

Result<std::unique_ptr<XdpPort>> XdpPort::open(const Config& config, const Storage& storage) {
  auto memory = map_umem(std::size_t{config.plan.frames()} * config.plan.frame_bytes);
  if (!memory) return tl::unexpected(memory.error());
  auto socket = XskSocket::create(config.plan, memory->mapping.bytes());
  if (!socket) return tl::unexpected(socket.error());
  auto port = std::make_unique<XdpPort>(config, storage, std::move(*memory), std::move(*socket));
  port->refill();
  if (auto bound = port->socket_.bind(config.interface, config.queue, config.bind, config.native); !bound)
    return tl::unexpected(bound.error());
  if (config.busy_poll.count() > 0) {
    auto set = port->socket_.prefer_busy_poll(config.busy_poll, static_cast<int>(kBatch));
    if (!set) return tl::unexpected(set.error());
  }
  return port;
}

XdpPort::XdpPort(const Config& config, const Storage& storage, UmemMemory memory, XskSocket socket)
    : config_(config),
      counters_(*storage.counters),
      memory_(std::move(memory)),
      receive_({kReceivePool, config.plan.frame_bytes, 0}, memory_.mapping.bytes(), storage.receive.words,
               *storage.receive.counters),
      transmit_(
          {kTransmitPool, config.plan.frame_bytes, kTransmitHeadroom},
          memory_.mapping.bytes().subspan(std::size_t{config.plan.receive_frames} * config.plan.frame_bytes),
          storage.transmit.words, *storage.transmit.counters),
      socket_(std::move(socket)) {}

void XdpPort::refill() {
  std::uint32_t added = 0;
  for (std::uint32_t room = socket_.fill.room(config_.plan.receive_frames); added < room; ++added) {
    const auto index = receive_.lend_for_receive();
    if (!index) break;
    socket_.fill.put(std::uint64_t{*index} * config_.plan.frame_bytes);
  }
  if (added > 0) socket_.fill.publish();
}

void XdpPort::complete() {
  const std::uint32_t done = socket_.completion.available(socket_.completion.size());
  for (std::uint32_t i = 0; i < done; ++i) {
    const std::uint64_t frame = socket_.completion.take() / config_.plan.frame_bytes;
    // Below receive_frames the difference wraps to an index that the pool refuses and counts.
    transmit_.take_completed(static_cast<FrameIndex>(frame - config_.plan.receive_frames));
  }
  if (done == 0) return;
  socket_.completion.release();
  in_transmit_ -= std::min(done, in_transmit_);
}

std::optional<Datagram> XdpPort::read(const xdp_desc& descriptor, Timestamp now) {
  const std::uint32_t frame_bytes = config_.plan.frame_bytes;
  auto frame = receive_.take_received(static_cast<FrameIndex>(descriptor.addr / frame_bytes));
  if (!frame) return std::nullopt;
  const std::uint64_t offset = descriptor.addr % frame_bytes;
  if (descriptor.len > frame_bytes - offset) {
    counters_.add(PortCounter::drop_bad_frame);
    return std::nullopt;
  }
  frame->set_payload(offset, descriptor.len);
  const auto parsed = parse_frame(frame->payload());
  if (!parsed) {
    counters_.add(PortCounter::drop_bad_frame);
    return std::nullopt;
  }
  if (!parsed->local.is_unicast() || !parsed->remote.is_unicast()) {
    counters_.add(PortCounter::drop_bad_address);
    return std::nullopt;
  }
  frame->set_payload(offset + parsed->payload_offset, parsed->payload_bytes);
  counters_.add(PortCounter::received_datagrams);
  counters_.add(PortCounter::received_bytes, parsed->payload_bytes);
  return Datagram{std::move(*frame), Path{parsed->local, parsed->remote, parsed->link, PortId::af_xdp},
                  parsed->ecn, now};
}

std::size_t XdpPort::receive(std::span<Datagram> out, Timestamp now) {
  complete();
  refill();
  const std::uint32_t ready = socket_.receive.available(static_cast<std::uint32_t>(out.size()));
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < ready; ++i)
    if (auto datagram = read(socket_.receive.take(), now)) out[count++] = std::move(*datagram);
  if (ready > 0) socket_.receive.release();
  return count;
}

std::optional<Frame> XdpPort::acquire(const Path&) {
  auto frame = transmit_.acquire();
  if (!frame) {
    complete();
    frame = transmit_.acquire();
  }
  if (!frame) counters_.add(PortCounter::no_transmit_frame);
  return frame;
}

void XdpPort::send(Frame frame, const Path& path, Ecn ecn) {
  if (frame.pool() != &transmit_ || frame.headroom().size() < kMaxHeaderBytes) {
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  const Bytes payload = frame.payload();
  const MutableBytes room = frame.room().first(payload.size());
  const std::size_t header_bytes = write_headers(room, path.local, path.remote, path.link, ecn);
  // The ring has room for every transmit frame; a frame that is not a present loan is not lent.
  const std::size_t offset = frame.headroom().size() - header_bytes;
  const Tag tag = frame.detach();
  if (socket_.transmit.room(1) == 0 || !transmit_.lend_for_send(tag)) {
    transmit_.release(tag);
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  const std::uint64_t start =
      std::uint64_t{config_.plan.receive_frames + tag.index()} * config_.plan.frame_bytes;
  socket_.transmit.put({.addr = start + offset,
                        .len = static_cast<std::uint32_t>(header_bytes + payload.size()),
                        .options = 0});
  ++in_transmit_;
  counters_.add(PortCounter::sent_datagrams);
  counters_.add(PortCounter::sent_bytes, payload.size());
}

/// Has the kernel send what is on the ring. In copy mode one call takes the whole ring since 6.18, and 32
/// frames before.
void XdpPort::wake_transmit() {
  unsent_ = false;
  const auto wanted = [&] { return socket_.transmit.pending() > 0 && socket_.transmit.needs_wakeup(); };
  for (int call = 0; call < kMaxSendCalls && wanted(); ++call) {
    counters_.add(PortCounter::wakeups);
    if (sendto(socket_.descriptor(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0) continue;
    if (errno == EAGAIN) {
      // More than one call's worth, or the kernel's send buffer is full. The frames stay on the ring.
      unsent_ = true;
    } else if (errno == EBUSY) {
      // The device took none of the frame that was next: it is lost (net/xdp/xsk.c, __xsk_generic_xmit).
      counters_.add(PortCounter::drop_send_failed);
    } else {
      // No memory: try soon. Anything else (the link is down): with the next datagram.
      unsent_ = errno == ENOBUFS;
      return;
    }
  }
}

void XdpPort::flush() {
  socket_.transmit.publish();
  if (in_transmit_ > 0) {
    wake_transmit();
    complete();
  }
  // Frames that died in this turn go back before the poller sleeps: an empty fill ring would wake nobody.
  refill();
}

std::size_t XdpPort::max_payload(const Path& path) const {
  return std::min<std::size_t>(config_.interface.mtu - ip_udp_bytes(path.remote),
                               config_.plan.frame_bytes - kTransmitHeadroom);
}

bool XdpPort::poll_driver() {
  if (socket_.receive.available(1) > 0) return true;
  recvfrom(socket_.descriptor(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  counters_.add(PortCounter::wakeups);
  return socket_.receive.available(1) > 0;
}

}  // namespace quicrx
