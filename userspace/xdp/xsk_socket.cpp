// SPDX-License-Identifier: MIT
#include "xdp/xsk_socket.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "net/bind_patiently.h"
#include "xdp/xsk_abi.h"

namespace quicrx {
namespace {

template <typename Value>
bool set_option(int socket, int level, int name, const Value& value) {
  return setsockopt(socket, level, name, &value, sizeof(value)) == 0;
}

tl::unexpected<Error> socket_failure(const std::string& what) {
  return fail(ErrorKind::failure, "AF_XDP socket: cannot " + what + ": " + std::strerror(errno));
}

template <typename Entry>
Result<Mapping> map_ring(int socket, const xdp_ring_offset& offset, std::uint64_t page, std::uint32_t size,
                         int protection, RingMemory<Entry>& ring) {
  const std::size_t bytes = offset.desc + size * sizeof(Entry);
  void* start = mmap(nullptr, bytes, protection, MAP_SHARED | MAP_POPULATE, socket, static_cast<off_t>(page));
  if (start == MAP_FAILED) return socket_failure("map a ring");
  const auto at = [&](std::uint64_t where) { return static_cast<char*>(start) + where; };
  ring = {.producer = reinterpret_cast<std::uint32_t*>(at(offset.producer)),
          .consumer = reinterpret_cast<std::uint32_t*>(at(offset.consumer)),
          .flags = reinterpret_cast<std::uint32_t*>(at(offset.flags)),
          .entries = reinterpret_cast<Entry*>(at(offset.desc)),
          .size = size};
  return Mapping(start, bytes);
}

Result<void> register_umem(int socket, const UmemPlan& plan, MutableBytes memory) {
  xdp_umem_reg umem{};
  umem.addr = reinterpret_cast<std::uintptr_t>(memory.data());
  umem.len = plan.umem_bytes();
  umem.chunk_size = plan.chunk_bytes;
  if (set_option(socket, SOL_XDP, XDP_UMEM_REG, umem)) return {};
  if (errno == ENOBUFS)
    return fail(ErrorKind::permission,
                "memory-lock limit too low for a UMEM of " + std::to_string(umem.len >> 10) +
                    " KiB; raise it ('ulimit -l unlimited'), grant CAP_IPC_LOCK, or give "
                    "fewer --frames");
  return socket_failure("register the UMEM");
}

Result<void> size_rings(int socket, const UmemPlan& plan) {
  if (set_option(socket, SOL_XDP, XDP_UMEM_FILL_RING, plan.fill_ring) &&
      set_option(socket, SOL_XDP, XDP_UMEM_COMPLETION_RING, plan.transmit_ring) &&
      set_option(socket, SOL_XDP, XDP_RX_RING, plan.receive_ring) &&
      set_option(socket, SOL_XDP, XDP_TX_RING, plan.transmit_ring))
    return {};
  return socket_failure("size the rings");
}

/// Copy mode sends through kernel packets: let as many be under way as there are frames. Older kernels know
/// no budget; both settings only save system calls, so a refusal is no error.
void widen_copy_mode(int socket, const UmemPlan& plan) {
  const std::uint64_t bytes = (plan.umem_bytes() - plan.transmit_start()) * 2;
  constexpr std::uint64_t kMost = std::numeric_limits<int>::max() / 2;  // the kernel doubles it
  set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, static_cast<int>(std::min(bytes, kMost)));
  set_option(socket, SOL_XDP, kXdpMaxTxSkbBudget, plan.transmit_ring);
}

tl::unexpected<Error> bind_failure(const Interface& interface, std::uint32_t queue,
                                   const BindOptions& options, int error) {
  const std::string where = interface.name + " queue " + std::to_string(queue) + ": ";
  switch (error) {
    case EBUSY:
      return fail(ErrorKind::busy, where + "another AF_XDP socket serves it; stop that process first");
    case EPERM:
      return fail(ErrorKind::permission, where + "not permitted; CAP_NET_RAW is needed");
    case EOPNOTSUPP:
    case EINVAL:
    case ENOENT:
      if (options.mode == BindMode::zero_copy)
        return fail(ErrorKind::unsupported,
                    where + interface.driver_text() + " gives no zero copy" +
                        (options.multi_buffer ? " for packets of several buffers" : "") + " (" +
                        std::strerror(error) + "); try --bind auto or --bind copy");
      if (options.multi_buffer)
        return fail(ErrorKind::unsupported,
                    where + "no AF_XDP for packets of several buffers (" + std::strerror(error) +
                        "): Linux 6.6 has it; 'ip link set " + interface.name + " mtu " +
                        std::to_string(largest_single_buffer_mtu(interface.driver)) + "' needs none");
      [[fallthrough]];
    default:
      return fail(ErrorKind::failure, where + "cannot bind the AF_XDP socket: " + std::strerror(error));
  }
}

/// Zero, or the error.
int bind_queue(int socket, const sockaddr_xdp& address, bool patient) {
  const auto* queue = reinterpret_cast<const sockaddr*>(&address);
  if (patient) return bind_patiently(socket, queue, sizeof(address), EBUSY);
  return ::bind(socket, queue, sizeof(address)) == 0 ? 0 : errno;
}

}  // namespace

Result<XskRings> map_rings(int socket, const RingSizes& sizes, int protection) {
  xdp_mmap_offsets offsets{};
  socklen_t bytes = sizeof(offsets);
  if (getsockopt(socket, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &bytes) != 0)
    return socket_failure("find its rings");
  XskRings rings;
  const auto map = [&](const xdp_ring_offset& offset, std::uint64_t page, std::uint32_t size, auto& ring,
                       Mapping& mapping) -> Result<void> {
    auto mapped = map_ring(socket, offset, page, size, protection, ring);
    if (!mapped) return tl::unexpected(mapped.error());
    mapping = std::move(*mapped);
    return {};
  };
  auto done =
      map(offsets.rx, XDP_PGOFF_RX_RING, sizes.receive, rings.receive, rings.receive_mapping)
          .and_then([&] {
            return map(offsets.tx, XDP_PGOFF_TX_RING, sizes.transmit, rings.transmit, rings.transmit_mapping);
          })
          .and_then([&] {
            return map(offsets.fr, XDP_UMEM_PGOFF_FILL_RING, sizes.fill, rings.fill, rings.fill_mapping);
          })
          .and_then([&] {
            return map(offsets.cr, XDP_UMEM_PGOFF_COMPLETION_RING, sizes.completion, rings.completion,
                       rings.completion_mapping);
          });
  if (!done) return tl::unexpected(done.error());
  return rings;
}

XskSocket::XskSocket(XskRings rings)
    : fill(rings.fill),
      completion(rings.completion),
      receive(rings.receive),
      transmit(rings.transmit),
      rings_(std::move(rings)) {}

Result<XskSocket> XskSocket::create(const UmemPlan& plan, MutableBytes memory) {
  Descriptor socket(::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket) {
    if (errno == EAFNOSUPPORT)
      return fail(ErrorKind::unsupported, "this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS)");
    return socket_failure("open it");
  }
  const int fd = socket.get();
  const RingSizes sizes{plan.receive_ring, plan.transmit_ring, plan.fill_ring, plan.transmit_ring};
  auto rings = register_umem(fd, plan, memory).and_then([&] { return size_rings(fd, plan); }).and_then([&] {
    return map_rings(fd, sizes, PROT_READ | PROT_WRITE);
  });
  if (!rings) return tl::unexpected(rings.error());
  widen_copy_mode(fd, plan);
  XskSocket made(std::move(*rings));
  made.socket_ = std::move(socket);
  return made;
}

Result<void> XskSocket::bind(const Interface& interface, std::uint32_t queue, const BindOptions& options) {
  if (options.mode == BindMode::zero_copy && !options.native)
    return fail(ErrorKind::unsupported,
                interface.name + ": generic XDP has no zero copy; load in native mode");
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = interface.index;
  address.sxdp_queue_id = queue;
  const std::uint16_t common =
      XDP_USE_NEED_WAKEUP | (options.multi_buffer ? std::uint16_t{kXdpUseSg} : std::uint16_t{0});

  // Asked for outright, zero copy that is refused comes with the reason; asked for neither, the kernel would
  // copy without a word.
  int error = 0;
  if (options.mode != BindMode::copy && options.native) {
    address.sxdp_flags = common | XDP_ZEROCOPY;
    error = bind_queue(descriptor(), address, options.patient);
    if (error != 0) zero_copy_refused_ = error;
  }
  if (options.mode == BindMode::copy || !options.native ||
      (options.mode == BindMode::automatic && zero_copy_refused_ != 0)) {
    address.sxdp_flags = common | XDP_COPY;
    error = bind_queue(descriptor(), address, options.patient && error != EBUSY);
  }
  if (error != 0) return bind_failure(interface, queue, options, error);
  return ask_what_it_became();
}

Result<void> XskSocket::ask_what_it_became() {
  xdp_options options{};
  socklen_t bytes = sizeof(options);
  if (getsockopt(descriptor(), SOL_XDP, XDP_OPTIONS, &options, &bytes) != 0)
    return socket_failure("ask whether it copies");
  zero_copy_ = (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
  return {};
}

Result<void> XskSocket::prefer_busy_poll(std::chrono::microseconds time, int budget) {
  if (set_option(descriptor(), SOL_SOCKET, kSoPreferBusyPoll, 1) &&
      set_option(descriptor(), SOL_SOCKET, SO_BUSY_POLL, static_cast<int>(time.count())) &&
      set_option(descriptor(), SOL_SOCKET, kSoBusyPollBudget, budget))
    return {};
  return socket_failure("set up busy polling");
}

}  // namespace quicrx
