// SPDX-License-Identifier: MIT
#include "port/uring_port.h"

#include <utility>

namespace quicrx {
namespace {

Result<UringPort::Rings> open_rings() {
  // One request goes on for ever; beside it there may be one to cancel it.
  constexpr unsigned kReceiveRequests = 4;
  auto receive = IoRing::open(kReceiveRequests, 2 * ProvidedBuffers::kMostLent);
  if (!receive) return tl::unexpected(receive.error());
  auto send = IoRing::open(TrainSender::kTrains, TrainSender::kCompletions);
  if (!send) return tl::unexpected(send.error());
  auto buffers = ProvidedBuffers::attach(*receive);
  if (!buffers) return tl::unexpected(buffers.error());
  return UringPort::Rings{std::move(*receive), std::move(*send), std::move(*buffers)};
}

}  // namespace

Result<std::unique_ptr<UringPort>> UringPort::open(const Config& config, const Storage& storage) {
  auto socket = UdpSocket::open(config);
  if (!socket) return tl::unexpected(socket.error());
  auto memory = SocketFrames::map(config);
  if (!memory) return tl::unexpected(memory.error());
  auto rings = open_rings();
  if (!rings)
    return fail(rings.error().kind, "UDP port " + config.listen.to_string() + ": " + rings.error().message);
  return std::make_unique<UringPort>(config, storage, std::move(*socket), std::move(*memory),
                                     std::move(*rings));
}

UringPort::UringPort(const Config& config, const Storage& storage, UdpSocket socket, Mapping memory,
                     Rings rings)
    : SocketPortBase(config, storage, std::move(socket), std::move(memory)),
      receiver_(std::move(rings.receive), std::move(rings.buffers), frames_.receive, socket_.descriptor(),
                counters_),
      sender_(std::move(rings.send), socket_.descriptor(), frames_.transmit, counters_) {}

Result<void> UringPort::adopt() {
  if (adopted_ && owner_ == std::this_thread::get_id()) return {};
  if (adopted_) return fail(ErrorKind::usage, "a port by io_uring is used by one thread only");
  auto enabled = receiver_.enable().and_then([this] { return sender_.enable(); });
  if (!enabled) return enabled;
  adopted_ = true;
  owner_ = std::this_thread::get_id();
  frames_.adopt();
  receiver_.refill();
  return {};
}

std::size_t UringPort::receive(std::span<Datagram> out, Timestamp now) {
  if (!adopted_ && !adopt()) return 0;
  sender_.complete();
  receiver_.refill();
  return deliver(out, [&](std::size_t) {
    auto message = receiver_.next();
    if (message) cutter_.begin(std::move(message->frame), message->header, now);
    return message.has_value();
  });
}

std::optional<Frame> UringPort::acquire(const Path&) {
  auto frame = frames_.transmit.acquire();
  if (!frame) {
    sender_.complete();
    frame = frames_.transmit.acquire();
  }
  if (!frame) counters_.add(PortCounter::no_transmit_frame);
  return frame;
}

void UringPort::send(Frame frame, const Path& path, Ecn ecn) {
  if (can_send(path)) sender_.send(std::move(frame), path, ecn);
}

void UringPort::flush() {
  if (!adopted_ && !adopt()) return;
  sender_.flush();
  receiver_.refill();
}

}  // namespace quicrx
