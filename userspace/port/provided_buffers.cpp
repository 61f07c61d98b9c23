// SPDX-License-Identifier: MIT
#include "port/provided_buffers.h"

#include <cstring>
#include <string>

#include "frame/lazy_memory.h"

namespace quicrx {
namespace {

io_uring_buf_ring* ring_in(const Mapping& memory) {
  return static_cast<io_uring_buf_ring*>(memory.data());
}

}  // namespace

Result<Mapping> ProvidedBuffers::attach(IoRing& ring) {
  auto memory = map_lazily(kMostLent * sizeof(io_uring_buf));
  if (!memory) return memory;
  io_uring_buf_ring_init(ring_in(*memory));
  io_uring_buf_reg place{};
  place.ring_addr = reinterpret_cast<std::uintptr_t>(memory->data());
  place.ring_entries = kMostLent;
  place.bgid = kGroup;
  const int result = io_uring_register_buf_ring(ring.get(), &place, 0);
  if (result == 0) return memory;
  return fail(
      ErrorKind::unsupported,
      std::string("io_uring takes no ring of buffers (Linux 6.0 is needed): ") + std::strerror(-result));
}

ProvidedBuffers::ProvidedBuffers(Mapping memory, SlabPool& pool) : memory_(std::move(memory)), pool_(pool) {}

void ProvidedBuffers::refill() {
  const int mask = io_uring_buf_ring_mask(kMostLent);
  int added = 0;
  for (; lent_ < kMostLent; ++lent_) {
    const auto index = pool_.lend_for_receive();
    if (!index) break;
    const MutableBytes frame = pool_.memory(Tag(pool_.id(), 0, *index));
    io_uring_buf_ring_add(ring_in(memory_), frame.data(), static_cast<unsigned>(frame.size()),
                          static_cast<std::uint16_t>(*index), mask, added++);
  }
  if (added > 0) io_uring_buf_ring_advance(ring_in(memory_), added);
}

std::optional<Frame> ProvidedBuffers::take(const IoRing::Completion& completion) {
  if ((completion.flags & IORING_CQE_F_BUFFER) == 0) return std::nullopt;
  auto frame = pool_.take_received(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  if (!frame) return std::nullopt;
  --lent_;
  return frame;
}

}  // namespace quicrx
