// SPDX-License-Identifier: MIT
#include <linux/if_ether.h>
#include <netinet/in.h>

#include <algorithm>

#include "net/headers.h"
#include "net/reader.h"

namespace quicrx {
namespace {

constexpr std::size_t kUdpHeaderBytes = 8;
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

std::uint16_t read_ethernet(Reader& reader, LinkPath& link) {
  std::ranges::copy(reader.take(link.local.size()), link.local.begin());
  std::ranges::copy(reader.take(link.remote.size()), link.remote.begin());
  std::uint16_t protocol = reader.u16();
  while (is_vlan(protocol) && link.vlan_count < link.vlans.size()) {
    link.vlans[link.vlan_count++] = {protocol, reader.u16()};
    protocol = reader.u16();
  }
  return protocol;
}

std::optional<IpHeader> read_ipv4(Reader& reader) {
  constexpr std::uint16_t kMoreOrOffset = 0x3fff;
  constexpr std::size_t kFixedBytes = 20;
  IpHeader header;
  const std::uint8_t version_and_length = reader.u8();
  header.traffic_class = reader.u8();
  const std::size_t total_bytes = reader.u16();
  reader.u16();  // identification
  const std::uint16_t fragment = reader.u16();
  reader.u8();  // time to live
  const std::uint8_t protocol = reader.u8();
  reader.u16();  // checksum
  header.source = reader.take(4);
  header.destination = reader.take(4);
  const std::size_t header_bytes = std::size_t{version_and_length & 0xfu} * 4;
  if (version_and_length >> 4 != 4 || header_bytes < kFixedBytes || protocol != IPPROTO_UDP ||
      (fragment & kMoreOrOffset) != 0 || total_bytes < header_bytes)
    return std::nullopt;
  reader.take(header_bytes - kFixedBytes);  // options
  header.payload_bytes = total_bytes - header_bytes;
  return header;
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
  IpHeader header;
  const std::uint16_t version_and_class = reader.u16();
  reader.u16();  // flow label
  header.payload_bytes = reader.u16();
  const std::uint8_t next = reader.u8();
  reader.u8();  // hop limit
  header.source = reader.take(16);
  header.destination = reader.take(16);
  header.traffic_class = static_cast<std::uint8_t>(version_and_class >> 4);
  if (version_and_class >> 12 != 6 || !skip_extensions(reader, next, header.payload_bytes))
    return std::nullopt;
  return header;
}

}  // namespace

std::optional<ParsedDatagram> parse_frame(Bytes frame) noexcept {
  Reader reader(frame);
  ParsedDatagram parsed;
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
  if (!ip || !reader.ok() || reader.left() < ip->payload_bytes) return std::nullopt;

  const std::uint16_t source_port = reader.u16();
  const std::uint16_t destination_port = reader.u16();
  const std::size_t udp_bytes = reader.u16();
  reader.u16();  // checksum
  if (!reader.ok() || udp_bytes < kUdpHeaderBytes || udp_bytes > ip->payload_bytes) return std::nullopt;
  parsed.local = SocketAddress(ip->destination, destination_port);
  parsed.remote = SocketAddress(ip->source, source_port);
  parsed.ecn = static_cast<Ecn>(ip->traffic_class & 3);
  parsed.payload_offset = reader.position();
  parsed.payload_bytes = udp_bytes - kUdpHeaderBytes;
  return parsed;
}

}  // namespace quicrx
