// SPDX-License-Identifier: MIT
#include "port/udp_port.h"

#include <netinet/in.h>
#include <netinet/ip.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "frame/pool_ids.h"
#include "net/headers.h"

namespace quicrx {
namespace {

bool switch_on(int socket, int level, int name) {
  const int on = 1;
  return setsockopt(socket, level, name, &on, sizeof(on)) == 0;
}

bool wants_details(int socket, bool v6) {
  if (!switch_on(socket, SOL_SOCKET, SO_RXQ_OVFL)) return false;
  return v6 ? switch_on(socket, IPPROTO_IPV6, IPV6_V6ONLY) &&
                  switch_on(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO) &&
                  switch_on(socket, IPPROTO_IPV6, IPV6_RECVTCLASS)
            : switch_on(socket, IPPROTO_IP, IP_PKTINFO) && switch_on(socket, IPPROTO_IP, IP_RECVTOS);
}

/// What the control messages say of a received datagram.
struct Details {
  Bytes local_ip;
  Ecn ecn = Ecn::not_ect;
  std::uint32_t interface = 0;    // index
  std::uint32_t lost_in_all = 0;  // by this socket's buffer, since it was opened
};

Details read_details(msghdr& header) {
  Details details;
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
       message = CMSG_NXTHDR(&header, message)) {
    const std::uint8_t* data = CMSG_DATA(message);
    const auto is = [&](int level, int type) {
      return message->cmsg_level == level && message->cmsg_type == type;
    };
    if (is(IPPROTO_IP, IP_PKTINFO))
      details.local_ip = {data + offsetof(in_pktinfo, ipi_addr), sizeof(in_addr)};
    if (is(SOL_SOCKET, SO_RXQ_OVFL)) std::memcpy(&details.lost_in_all, data, sizeof(details.lost_in_all));
    if (is(IPPROTO_IPV6, IPV6_PKTINFO)) {
      details.local_ip = {data + offsetof(in6_pktinfo, ipi6_addr), sizeof(in6_addr)};
      std::memcpy(&details.interface, data + offsetof(in6_pktinfo, ipi6_ifindex), sizeof(details.interface));
    }
    // IP_TOS comes as one byte, IPV6_TCLASS as an int (ip(7), RFC 3542 section 6.5).
    if (is(IPPROTO_IP, IP_TOS)) details.ecn = static_cast<Ecn>(*data & 3);
    if (is(IPPROTO_IPV6, IPV6_TCLASS)) {
      int traffic_class = 0;
      std::memcpy(&traffic_class, data, sizeof(traffic_class));
      details.ecn = static_cast<Ecn>(traffic_class & 3);
    }
  }
  return details;
}

template <typename Value>
cmsghdr* put_control(msghdr& header, cmsghdr* at, int level, int type, const Value& value) {
  at->cmsg_level = level;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(sizeof(value));
  std::memcpy(CMSG_DATA(at), &value, sizeof(value));
  header.msg_controllen += CMSG_SPACE(sizeof(value));
  return reinterpret_cast<cmsghdr*>(reinterpret_cast<char*>(at) + CMSG_SPACE(sizeof(value)));
}

/// Source address and ECN of a datagram to be sent.
void write_details(msghdr& header, void* control, const Path& path, Ecn ecn) {
  header.msg_control = control;
  header.msg_controllen = 0;
  auto* at = static_cast<cmsghdr*>(control);
  const int ecn_value = static_cast<int>(ecn);
  const SocketAddress& local = path.local;
  if (local.is_ipv6()) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.ip().data(), sizeof(info.ipi6_addr));
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = path.link.interface;
    at = put_control(header, at, IPPROTO_IPV6, IPV6_PKTINFO, info);
    put_control(header, at, IPPROTO_IPV6, IPV6_TCLASS, ecn_value);
  } else {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.ip().data(), sizeof(info.ipi_spec_dst));
    at = put_control(header, at, IPPROTO_IP, IP_PKTINFO, info);
    put_control(header, at, IPPROTO_IP, IP_TOS, ecn_value);
  }
}

void forbid_fragments(int socket, bool v6) {
  const int v4_probe = IP_PMTUDISC_PROBE, v6_probe = IPV6_PMTUDISC_PROBE;
  if (v6) {
    setsockopt(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6_probe, sizeof(v6_probe));
  } else {
    setsockopt(socket, IPPROTO_IP, IP_MTU_DISCOVER, &v4_probe, sizeof(v4_probe));
  }
}

constexpr std::size_t kTransmitFrameBytes = 2048;

PoolKind receive_kind(PortId id) {
  return id == PortId::socket6 ? PoolKind::socket6_receive : PoolKind::socket4_receive;
}

PoolKind transmit_kind(PortId id) {
  return id == PortId::socket6 ? PoolKind::socket6_transmit : PoolKind::socket4_transmit;
}

/// Peers send what the NIC's port lets them, also where it comes to the kernel.
std::size_t receive_frame_bytes(const UdpPort::Config& config) {
  constexpr std::size_t kLeast = 2048, kLine = 64;
  return std::max(kLeast, (config.mtu + kLine - 1) / kLine * kLine);
}

tl::unexpected<Error> bind_failure(const std::string& where) {
  switch (errno) {
    case EADDRINUSE:
      return fail(ErrorKind::busy, where + " is taken by another socket; 'ss -ulpn' shows whose");
    case EADDRNOTAVAIL:
      return fail(ErrorKind::not_found, where + ": the machine has no such address; 'ip addr' shows them");
    case EACCES:
      return fail(ErrorKind::permission,
                  where + ": may not be bound: below 1024 it takes CAP_NET_BIND_SERVICE");
    default:
      return fail(ErrorKind::failure, where + ": cannot bind: " + std::strerror(errno));
  }
}

}  // namespace

Result<std::unique_ptr<UdpPort>> UdpPort::open(const Config& config, const Storage& storage) {
  const bool v6 = config.id == PortId::socket6;
  const std::string where = "UDP port " + config.listen.to_string();
  Descriptor socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    const ErrorKind kind = errno == EAFNOSUPPORT ? ErrorKind::unsupported : ErrorKind::failure;
    return fail(kind, where + ": cannot open a socket: " + std::strerror(errno));
  }
  if (!wants_details(socket.get(), v6) ||
      (config.shares && !switch_on(socket.get(), SOL_SOCKET, SO_REUSEPORT)))
    return fail(ErrorKind::failure, where + ": cannot set up the socket: " + std::strerror(errno));
  forbid_fragments(socket.get(), v6);
  if (bind(socket.get(), config.listen.get(), config.listen.size()) != 0) return bind_failure(where);
  return std::make_unique<UdpPort>(config, std::move(socket), storage);
}

Result<void> UdpPort::share() {
  if (switch_on(socket_.get(), SOL_SOCKET, SO_REUSEPORT)) return {};
  return fail(ErrorKind::failure, "UDP port " + std::to_string(udp_port_) +
                                      ": cannot be shared by workers: " + std::strerror(errno));
}

Result<void> UdpPort::adopt() {
  receive_.adopt();
  transmit_.adopt();
  return {};
}

std::vector<ReceivePool> UdpPort::receive_pools() {
  return {{&receive_, static_cast<std::uint32_t>(receive_.size())}};
}

UdpPort::UdpPort(const Config& config, Descriptor socket, const Storage& storage)
    : id_(config.id),
      udp_port_(config.listen.port()),
      sources_(config.listen),
      socket_(std::move(socket)),
      counters_(*storage.counters),
      memory_(kReceiveFrames * receive_frame_bytes(config) + kTransmitFrames * kTransmitFrameBytes),
      receive_({pool_id(config.worker, receive_kind(id_)), receive_frame_bytes(config), 0}, memory_,
               storage.receive_words, *storage.receive_counters),
      transmit_({pool_id(config.worker, transmit_kind(id_)), kTransmitFrameBytes, 0},
                MutableBytes(memory_).subspan(kReceiveFrames * receive_frame_bytes(config)),
                storage.transmit_words, *storage.transmit_counters),
      in_(kBatch),
      out_(kBatch),
      in_headers_(kBatch),
      out_headers_(kBatch) {}

/// Makes a slot ready for the next datagram; false when no frame is free.
bool UdpPort::prepare(Message& message, msghdr& header) {
  if (!message.lent) message.lent = receive_.lend_for_receive();
  if (!message.lent) return false;
  const MutableBytes memory = receive_.memory(Tag(receive_.id(), 0, *message.lent));
  message.part = {memory.data(), memory.size()};
  header = {};
  header.msg_name = &message.address;
  header.msg_namelen = sizeof(message.address);
  header.msg_iov = &message.part;
  header.msg_iovlen = 1;
  header.msg_control = message.control.data();
  header.msg_controllen = message.control.size();
  return true;
}

std::optional<Datagram> UdpPort::read(Message& message, mmsghdr& header, Timestamp now) {
  auto frame = receive_.take_received(*std::exchange(message.lent, std::nullopt));
  if (!frame) return std::nullopt;
  if ((header.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
    counters_.add(PortCounter::drop_truncated);
    return std::nullopt;
  }
  const Details details = read_details(header.msg_hdr);
  Path path;
  path.local = SocketAddress(details.local_ip, udp_port_);
  path.remote = SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&message.address));
  path.port = id_;
  path.link.interface = details.interface;
  counters_.add(PortCounter::drop_socket_full, details.lost_in_all - lost_in_all_);
  lost_in_all_ = details.lost_in_all;
  if (!path.local.is_unicast() || !path.remote.is_unicast()) {
    counters_.add(PortCounter::drop_bad_address);
    return std::nullopt;
  }
  if (header.msg_len == 0) {  // the XDP program drops these
    counters_.add(PortCounter::drop_bad_frame);
    return std::nullopt;
  }
  frame->resize(header.msg_len);
  counters_.add(PortCounter::received_datagrams);
  counters_.add(PortCounter::received_bytes, header.msg_len);
  return Datagram{std::move(*frame), path, details.ecn, now};
}

std::size_t UdpPort::receive(std::span<Datagram> out, Timestamp now) {
  std::size_t slots = 0;
  while (slots < std::min(out.size(), in_.size()) && prepare(in_[slots], in_headers_[slots].msg_hdr)) ++slots;
  if (slots == 0) return 0;
  const int got =
      recvmmsg(socket_.get(), in_headers_.data(), static_cast<unsigned>(slots), MSG_DONTWAIT, nullptr);
  std::size_t count = 0;
  for (int i = 0; i < got; ++i) {
    const auto slot = static_cast<std::size_t>(i);
    if (auto datagram = read(in_[slot], in_headers_[slot], now)) out[count++] = std::move(*datagram);
  }
  return count;
}

std::optional<Frame> UdpPort::acquire(const Path&) {
  auto frame = transmit_.acquire();
  if (!frame) counters_.add(PortCounter::no_transmit_frame);
  return frame;
}

void UdpPort::send(Frame frame, const Path& path, Ecn ecn) {
  if (queued_ == out_.size()) flush();
  // A socket sends from the port that it has: from another the peer would not take it.
  if (queued_ == out_.size() || path.local.port() != udp_port_) {
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  Message& message = out_[queued_];
  message.frame = std::move(frame);
  std::memcpy(&message.address, path.remote.get(), path.remote.size());
  const Bytes payload = message.frame.payload();
  message.part = {const_cast<std::uint8_t*>(payload.data()), payload.size()};
  msghdr& header = out_headers_[queued_].msg_hdr;
  header = {};
  header.msg_name = &message.address;
  header.msg_namelen = path.remote.size();
  header.msg_iov = &message.part;
  header.msg_iovlen = 1;
  write_details(header, message.control.data(), path, ecn);
  ++queued_;
}

void UdpPort::flush() {
  std::size_t done = 0;
  while (done < queued_) {
    counters_.add(PortCounter::wakeups);
    const int sent =
        sendmmsg(socket_.get(), out_headers_.data() + done, static_cast<unsigned>(queued_ - done), 0);
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) break;
    // One that fails for another reason (too large, no route) is lost alone, as on any network.
    if (sent <= 0) counters_.add(PortCounter::drop_send_failed);
    for (int i = 0; i < sent; ++i) {
      counters_.add(PortCounter::sent_datagrams);
      counters_.add(PortCounter::sent_bytes, out_[done + static_cast<std::size_t>(i)].part.iov_len);
    }
    done += static_cast<std::size_t>(std::max(sent, 1));
  }
  // What the socket did not take is lost, as QUIC expects of a network; holding it would need another queue.
  for (std::size_t i = done; i < queued_; ++i) counters_.add(PortCounter::drop_send_failed);
  for (std::size_t i = 0; i < queued_; ++i) out_[i].frame = Frame();
  queued_ = 0;
}

std::size_t UdpPort::max_payload(const Path& path) const {
  constexpr std::size_t kEthernetMtu = 1500;
  return kEthernetMtu - ip_udp_bytes(path.remote);
}

}  // namespace quicrx
