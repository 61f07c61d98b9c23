// SPDX-License-Identifier: MIT
#include "library/forwarding_port.h"

#include <utility>

namespace quicrx {

std::size_t ForwardingPort::receive(std::span<Datagram> out, Timestamp now) {
  return port_->receive(out, now);
}

FramePool* ForwardingPort::transmit_pool(const Path& path) {
  return port_->transmit_pool(path);
}

std::optional<Frame> ForwardingPort::acquire(const Path& path) {
  return port_->acquire(path);
}

void ForwardingPort::send(Frame frame, const Path& path, Ecn ecn) {
  port_->send(std::move(frame), path, ecn);
}

void ForwardingPort::flush() {
  port_->flush();
}

std::size_t ForwardingPort::max_payload(const Path& path) const {
  return port_->max_payload(path);
}

int ForwardingPort::descriptor() const {
  return port_->descriptor();
}

bool ForwardingPort::has_received() const {
  return port_->has_received();
}

bool ForwardingPort::has_unsent() const {
  return port_->has_unsent();
}

std::size_t ForwardingPort::frames_in_transmit() const {
  return port_->frames_in_transmit();
}

Result<void> ForwardingPort::adopt() {
  return port_->adopt();
}

}  // namespace quicrx
