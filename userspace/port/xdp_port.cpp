// SPDX-License-Identifier: MIT
#include "port/xdp_port.h"

#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "frame/pool_ids.h"
#include "net/headers.h"
#include "xdp/xsk_abi.h"

namespace quicrx {
namespace {

// One call takes 32 frames in copy mode on older kernels; what is left after so many goes with the next turn.
constexpr int kMaxSendCalls = 4;

}  // namespace

Result<std::unique_ptr<XdpPort>> XdpPort::open(const Config& config, const Storage& storage) {
  const UmemPlan& plan = config.plan;
  auto memory = map_umem(plan.umem_bytes());
  if (!memory) return tl::unexpected(memory.error());
  auto gather_memory = map_umem(std::size_t{plan.gather_frames} * plan.gather_frame_bytes);
  if (!gather_memory) return tl::unexpected(gather_memory.error());
  auto socket = XskSocket::create(plan, memory->mapping.bytes());
  if (!socket) return tl::unexpected(socket.error());
  auto port = std::make_unique<XdpPort>(config, storage, std::move(*memory), std::move(*gather_memory),
                                        std::move(*socket));
  port->refill();
  const BindOptions bind{config.bind, config.native, plan.multi_buffer()};
  if (auto bound = port->socket_.bind(config.interface, config.queue, bind); !bound)
    return tl::unexpected(bound.error());
  if (config.busy_poll.count() > 0) {
    auto set = port->socket_.prefer_busy_poll(config.busy_poll, static_cast<int>(kBatch));
    if (!set) return tl::unexpected(set.error());
  }
  if (config.receive_metadata) {
    auto clock = DeviceClock::open(config.interface);
    if (clock) {
      port->use_clock(std::move(*clock));
    } else {
      port->clock_refused_ = clock.error().message;
    }
  }
  return port;
}

XdpPort::XdpPort(const Config& config, const Storage& storage, UmemMemory memory, UmemMemory gather_memory,
                 XskSocket socket)
    : config_(config),
      counters_(*storage.counters),
      memory_(std::move(memory)),
      receive_({pool_id(config.worker, PoolKind::receive), config.plan.chunk_bytes, 0},
               memory_.mapping.bytes(), storage.receive.words, *storage.receive.counters),
      transmit_(
          {pool_id(config.worker, PoolKind::transmit), config.plan.transmit_frame_bytes(), kTransmitHeadroom},
          memory_.mapping.bytes().subspan(config.plan.transmit_start()), storage.transmit.words,
          *storage.transmit.counters),
      gather_memory_(std::move(gather_memory)),
      gather_({pool_id(config.worker, PoolKind::gather), config.plan.gather_frame_bytes, 0},
              gather_memory_.mapping.bytes(), storage.gather.words, *storage.gather.counters),
      gatherer_(gather_),
      socket_(std::move(socket)),
      parts_out_(config.plan.transmit_frames),
      charges_(config.plan.transmit_frames) {}

Result<void> XdpPort::adopt() {
  for (SlabPool* pool : {&receive_, &transmit_, &gather_}) pool->adopt();
  return {};
}

std::vector<ReceivePool> XdpPort::receive_pools() {
  std::vector<ReceivePool> pools;
  for (SlabPool* pool : {&receive_, &gather_})
    if (pool->size() > 0) pools.push_back({pool, static_cast<std::uint32_t>(pool->size())});
  return pools;
}

void XdpPort::refill() {
  std::uint32_t added = 0;
  for (std::uint32_t room = socket_.fill.room(config_.plan.receive_frames); added < room; ++added) {
    const auto index = receive_.lend_for_receive();
    if (!index) break;
    socket_.fill.put(std::uint64_t{*index} * config_.plan.chunk_bytes);
  }
  if (added > 0) socket_.fill.publish();
}

void XdpPort::complete() {
  const std::uint32_t done = socket_.completion.available(socket_.completion.size());
  std::uint32_t frames = 0;
  for (std::uint32_t i = 0; i < done; ++i) frames += take_completion(socket_.completion.take()) ? 1 : 0;
  if (done == 0) return;
  socket_.completion.release();
  in_transmit_ -= std::min(frames, in_transmit_);
}

/// True when the frame is back. One of several chunks is only with its last: they complete one by one.
bool XdpPort::take_completion(std::uint64_t address) {
  const std::uint64_t start = config_.plan.transmit_start();
  // A receive frame's address becomes an index that the pool refuses and counts.
  const std::uint64_t frame =
      address < start ? transmit_.size() : (address - start) / config_.plan.transmit_frame_bytes();
  if (frame < transmit_.size() && parts_out_[frame] > 1) {
    --parts_out_[frame];
    return false;
  }
  if (!transmit_.take_completed(static_cast<FrameIndex>(std::min<std::uint64_t>(frame, transmit_.size()))))
    return false;
  charges_[frame] = FrameCharge();
  return true;
}

/// The packet that the descriptor ends, as a frame's payload; no frame before its end, or when it is lost.
Frame XdpPort::take_packet(const xdp_desc& descriptor) {
  // A chunk is a power of two (kernel: net/xdp/xdp_umem.c): no division a packet.
  const std::uint32_t chunk = config_.plan.chunk_bytes;
  const std::uint64_t offset = descriptor.addr & (chunk - 1);
  const bool more = (descriptor.options & kXdpPacketContinues) != 0;
  const bool first = !gatherer_.in_packet();
  Frame frame = receive_.take_received(static_cast<FrameIndex>(descriptor.addr >> std::countr_zero(chunk)));
  if (frame && descriptor.len > chunk - offset) {
    if (first && !more) counters_.add(PortCounter::drop_bad_frame);
    frame = Frame();
  }
  if (frame) {
    frame.set_payload(offset, descriptor.len);
    if (first && config_.receive_metadata) take_metadata(frame);
  }
  if (first && !more) return frame;
  return gather(frame, more);
}

/// The packet in a frame of its own, behind its last part.
Frame XdpPort::gather(const Frame& part, bool more) {
  auto whole = part ? gatherer_.add(part.payload(), more) : gatherer_.add_lost(more);
  if (!more) counters_.add(whole ? PortCounter::gathered_datagrams : PortCounter::drop_not_gathered);
  return whole ? std::move(*whole) : Frame();
}

/// What the XDP program put before the packet. Kept until the packet's last part is there.
void XdpPort::take_metadata(const Frame& frame) {
  metadata_ = {};
  if (frame.headroom().size() < sizeof(metadata_)) return;
  std::memcpy(&metadata_, frame.payload().data() - sizeof(metadata_), sizeof(metadata_));
}

void XdpPort::apply_metadata(Datagram& datagram) {
  datagram.flow_hash = metadata_.hash;
  if (metadata_.hash != 0) counters_.add(PortCounter::hashed_datagrams);
  if (!clock_ || metadata_.timestamp_ns == 0) return;
  const auto arrival = clock_->arrival(metadata_.timestamp_ns, datagram.arrival);
  counters_.add(arrival ? PortCounter::timestamped_datagrams : PortCounter::bad_timestamps);
  if (arrival) datagram.arrival = *arrival;
}

/// Whether the packet that the descriptor ends is a datagram.
bool XdpPort::read(const xdp_desc& descriptor, Datagram& datagram, Timestamp now) {
  Frame frame = take_packet(descriptor);
  if (!frame) return false;
  const auto parsed = parse_frame(frame.payload());
  if (!parsed) {
    counters_.add(PortCounter::drop_bad_frame);
    return false;
  }
  if (!parsed->local.is_unicast() || !parsed->remote.is_unicast()) {
    counters_.add(PortCounter::drop_bad_address);
    return false;
  }
  frame.set_payload(frame.headroom().size() + parsed->payload_offset, parsed->payload_bytes);
  counters_.add(PortCounter::received_datagrams);
  counters_.add(PortCounter::received_bytes, parsed->payload_bytes);
  datagram.frame = std::move(frame);
  datagram.path.local = parsed->local;
  datagram.path.remote = parsed->remote;
  datagram.path.link = parsed->link;
  datagram.path.link.interface = config_.interface.index;
  datagram.path.port = PortId::af_xdp;
  datagram.ecn = parsed->ecn;
  datagram.arrival = now;
  datagram.flow_hash = 0;
  if (config_.receive_metadata) apply_metadata(datagram);
  return true;
}

std::size_t XdpPort::receive(std::span<Datagram> out, Timestamp now) {
  complete();
  refill();
  if (clock_) clock_->refresh(now);
  const std::uint32_t ready = socket_.receive.available(static_cast<std::uint32_t>(out.size()));
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < ready; ++i)
    if (read(socket_.receive.take(), out[count], now)) ++count;
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

/// In a transmit frame: the kernel sends from the UMEM alone.
std::optional<Frame> XdpPort::copy_of(const Frame& frame, const Path& path) {
  auto copy = acquire(path);
  if (!copy || copy->room().size() < frame.payload().size()) return std::nullopt;
  std::ranges::copy(frame.payload(), copy->room().begin());
  copy->resize(frame.payload().size());
  counters_.add(PortCounter::moved_frames);
  return copy;
}

void XdpPort::send(Frame frame, const Path& path, Ecn ecn) {
  if (frame.pool() != &transmit_) {
    auto copy = copy_of(frame, path);
    if (copy) copy->charge(frame.take_charge());
    frame = copy ? std::move(*copy) : Frame();
  }
  if (!frame || frame.headroom().size() < kMaxHeaderBytes) {
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  const Bytes payload = frame.payload();
  const MutableBytes room = frame.room().first(payload.size());
  if (!headers_.is_for(path)) headers_ = HeaderTemplate(path.local, path.remote, path.link);
  const std::size_t header_bytes = headers_.write(room, ecn);
  const std::size_t offset = frame.headroom().size() - header_bytes;
  const std::size_t bytes = header_bytes + payload.size();
  FrameCharge charge = frame.take_charge();
  const Tag tag = frame.detach();
  // The ring has room for every transmit frame; a frame that is not a present loan is not lent.
  const std::uint32_t chunks = config_.plan.transmit_chunks;
  if (socket_.transmit.room(chunks) < chunks || !transmit_.lend_for_send(tag)) {
    transmit_.release(tag);
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  put(tag.index(), offset, bytes);
  charges_[tag.index()] = std::move(charge);
  ++in_transmit_;
  counters_.add(PortCounter::sent_datagrams);
  counters_.add(PortCounter::sent_bytes, payload.size());
}

/// One descriptor for each chunk that the packet reaches into.
void XdpPort::put(FrameIndex index, std::size_t offset, std::size_t bytes) {
  const UmemPlan& plan = config_.plan;
  std::uint64_t at = plan.transmit_start() + std::uint64_t{index} * plan.transmit_frame_bytes() + offset;
  parts_out_[index] = 0;
  while (bytes > 0) {
    const std::size_t part = std::min<std::size_t>(bytes, plan.chunk_bytes - at % plan.chunk_bytes);
    bytes -= part;
    socket_.transmit.put({.addr = at,
                          .len = static_cast<std::uint32_t>(part),
                          .options = bytes > 0 ? kXdpPacketContinues : 0});
    at += part;
    ++parts_out_[index];
  }
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
                               config_.plan.transmit_frame_bytes() - kTransmitHeadroom);
}

bool XdpPort::poll_driver() {
  if (socket_.receive.available(1) > 0) return true;
  recvfrom(socket_.descriptor(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  counters_.add(PortCounter::wakeups);
  return socket_.receive.available(1) > 0;
}

}  // namespace quicrx
