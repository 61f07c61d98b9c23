// SPDX-License-Identifier: MIT
#include "port/socket_messages.h"

#include <netinet/ip.h>
#include <netinet/udp.h>

#include <cstring>

namespace quicrx {
namespace {

template <typename Value>
Value value_of(const std::uint8_t* data) {
  Value value;
  std::memcpy(&value, data, sizeof(value));
  return value;
}

template <typename Value>
void add_control(msghdr& header, int level, int type, const Value& value) {
  auto* at = reinterpret_cast<cmsghdr*>(static_cast<char*>(header.msg_control) + header.msg_controllen);
  at->cmsg_level = level;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(sizeof(value));
  std::memcpy(CMSG_DATA(at), &value, sizeof(value));
  header.msg_controllen += CMSG_SPACE(sizeof(value));
}

bool is_link_local(const SocketAddress& address) {
  return address.ip()[0] == 0xfe && (address.ip()[1] & 0xc0) == 0x80;  // fe80::/10
}

}  // namespace

MessageDetails read_details(msghdr& header) {
  MessageDetails details;
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
       message = CMSG_NXTHDR(&header, message)) {
    const std::uint8_t* data = CMSG_DATA(message);
    const auto is = [&](int level, int type) {
      return message->cmsg_level == level && message->cmsg_type == type;
    };
    if (is(IPPROTO_IP, IP_PKTINFO))
      details.local_ip = {data + offsetof(in_pktinfo, ipi_addr), sizeof(in_addr)};
    if (is(IPPROTO_IPV6, IPV6_PKTINFO)) {
      details.local_ip = {data + offsetof(in6_pktinfo, ipi6_addr), sizeof(in6_addr)};
      details.interface = value_of<std::uint32_t>(data + offsetof(in6_pktinfo, ipi6_ifindex));
    }
    // IP_TOS comes as one byte, IPV6_TCLASS as an int (ip(7), RFC 3542 section 6.5).
    if (is(IPPROTO_IP, IP_TOS)) details.ecn = static_cast<Ecn>(*data & 3);
    if (is(IPPROTO_IPV6, IPV6_TCLASS)) details.ecn = static_cast<Ecn>(value_of<int>(data) & 3);
    if (is(SOL_SOCKET, SO_RXQ_OVFL)) details.lost_in_all = value_of<std::uint32_t>(data);
    if (is(SOL_UDP, UDP_GRO)) details.segment_bytes = value_of<std::uint32_t>(data);
  }
  return details;
}

void write_details(msghdr& header, ControlRoom& room, const Path& path, Ecn ecn) {
  header.msg_control = room.bytes.data();
  header.msg_controllen = 0;
  const int ecn_value = static_cast<int>(ecn);
  const SocketAddress& local = path.local;
  if (local.is_ipv6()) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.ip().data(), sizeof(info.ipi6_addr));
    // Such an address is one link's; with another route the kernel is free to choose the way.
    if (is_link_local(local) || is_link_local(path.remote)) info.ipi6_ifindex = path.link.interface;
    add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
    add_control(header, IPPROTO_IPV6, IPV6_TCLASS, ecn_value);
  } else {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.ip().data(), sizeof(info.ipi_spec_dst));
    add_control(header, IPPROTO_IP, IP_PKTINFO, info);
    add_control(header, IPPROTO_IP, IP_TOS, ecn_value);
  }
}

void write_segment_size(msghdr& header, std::uint16_t bytes) {
  add_control(header, SOL_UDP, UDP_SEGMENT, bytes);
}

void remove_segment_size(msghdr& header) {
  header.msg_controllen -= CMSG_SPACE(sizeof(std::uint16_t));
}

}  // namespace quicrx
