// SPDX-License-Identifier: MIT
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstring>

#include "net/headers.h"
#include "net/reader.h"

namespace quicrx {
namespace {

constexpr int kMaxExtensionHeaders = 8;  // as in bpf/parse.bpf.h

/// What the IP header says of the datagram behind it.
struct IpHeader {
  Bytes source;
  Bytes destination;
  std::uint8_t traffic_class = 0;
  std::size_t payload_bytes = 0;
};

bool is_vlan(std::uint16_t protocol) {
  return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
}

std::uint16_t word_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// The protocol behind the header; zero where there is none.
std::uint16_t read_ethernet(Reader& reader, LinkPath& link) {
  const Bytes header = reader.take(ETH_HLEN);
  if (header.empty()) return 0;
  std::memcpy(link.local.data(), header.data(), ETH_ALEN);
  std::memcpy(link.remote.data(), header.data() + ETH_ALEN, ETH_ALEN);
  std::uint16_t protocol = word_at(header, std::size_t{2} * ETH_ALEN);
  while (is_vlan(protocol) && link.vlan_count < link.vlans.size()) {
    link.vlans[link.vlan_count++] = {protocol, reader.u16()};
    protocol = reader.u16();
  }
  return protocol;
}

std::optional<IpHeader> read_ipv4(Reader& reader) {
  constexpr std::uint16_t kMoreOrOffset = 0x3fff;
  const Bytes fixed = reader.take(sizeof(iphdr));
  if (fixed.empty()) return std::nullopt;
  const std::size_t header_bytes = std::size_t{fixed[0] & 0xfu} * 4;
  const std::size_t total_bytes = word_at(fixed, offsetof(iphdr, tot_len));
  if (fixed[0] >> 4 != 4 || header_bytes < sizeof(iphdr) || fixed[offsetof(iphdr, protocol)] != IPPROTO_UDP ||
      (word_at(fixed, offsetof(iphdr, frag_off)) & kMoreOrOffset) != 0 || total_bytes < header_bytes)
    return std::nullopt;
  reader.take(header_bytes - sizeof(iphdr));  // options
  return IpHeader{fixed.subspan(offsetof(iphdr, saddr), 4), fixed.subspan(offsetof(iphdr, daddr), 4),
                  fixed[offsetof(iphdr, tos)], total_bytes - header_bytes};
}

/// Steps over extension headers to UDP; false when something else is behind them.
bool skip_extensions(Reader& reader, std::uint8_t next, std::size_t& payload_bytes) {
  for (int count = 0; next != IPPROTO_UDP; ++count) {
    if (count == kMaxExtensionHeaders) return false;
    const std::uint8_t type = next;
    if (type != IPPROTO_HOPOPTS && type != IPPROTO_ROUTING && type != IPPROTO_DSTOPTS && type != IPPROTO_AH)
      return false;
    next = reader.u8();
    const std::size_t length = reader.u8();
    reader.u8();
    const std::uint8_t segments_left = reader.u8();
    const std::size_t bytes = type == IPPROTO_AH ? (length + 2) * 4 : (length + 1) * 8;
    if ((type == IPPROTO_ROUTING && segments_left != 0) || bytes > payload_bytes) return false;
    reader.take(bytes - 4);
    payload_bytes -= bytes;
  }
  return true;
}

std::optional<IpHeader> read_ipv6(Reader& reader) {
  const Bytes fixed = reader.take(sizeof(ipv6hdr));
  if (fixed.empty() || fixed[0] >> 4 != 6) return std::nullopt;
  IpHeader header{fixed.subspan(offsetof(ipv6hdr, saddr), 16), fixed.subspan(offsetof(ipv6hdr, daddr), 16),
                  static_cast<std::uint8_t>(word_at(fixed, 0) >> 4),
                  word_at(fixed, offsetof(ipv6hdr, payload_len))};
  if (!skip_extensions(reader, fixed[offsetof(ipv6hdr, nexthdr)], header.payload_bytes)) return std::nullopt;
  return header;
}

/// Whether it is one; `parsed` is filled as far as that goes.
bool read_datagram(Bytes frame, ParsedDatagram& parsed) {
  Reader reader(frame);
  std::optional<IpHeader> ip;
  switch (read_ethernet(reader, parsed.link)) {
    case ETH_P_IP:
      ip = read_ipv4(reader);
      break;
    case ETH_P_IPV6:
      ip = read_ipv6(reader);
      break;
    default:
      break;
  }
  if (!ip || !reader.ok() || reader.left() < ip->payload_bytes) return false;

  const Bytes udp = reader.take(sizeof(udphdr));
  if (udp.empty()) return false;
  const std::size_t udp_bytes = word_at(udp, offsetof(udphdr, len));
  if (udp_bytes < sizeof(udphdr) || udp_bytes > ip->payload_bytes) return false;
  parsed.local = SocketAddress(ip->destination, word_at(udp, offsetof(udphdr, dest)));
  parsed.remote = SocketAddress(ip->source, word_at(udp, offsetof(udphdr, source)));
  parsed.ecn = static_cast<Ecn>(ip->traffic_class & 3);
  parsed.payload_offset = reader.position();
  parsed.payload_bytes = udp_bytes - sizeof(udphdr);
  return true;
}

}  // namespace

std::optional<ParsedDatagram> parse_frame(Bytes frame) noexcept {
  std::optional<ParsedDatagram> parsed(std::in_place);  // filled where the caller has it: no copy a packet
  if (!read_datagram(frame, *parsed)) parsed.reset();
  return parsed;
}

}  // namespace quicrx
