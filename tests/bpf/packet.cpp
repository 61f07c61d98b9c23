// SPDX-License-Identifier: MIT
#include "packet.h"

#include <algorithm>

namespace quicrx::test {
namespace {

std::uint8_t low_byte(std::size_t value) {
  return static_cast<std::uint8_t>(value);
}

std::uint16_t length_word(std::size_t bytes, int error) {
  return static_cast<std::uint16_t>(static_cast<int>(bytes) + error);
}

}  // namespace

Packet operator+(const Packet& a, const Packet& b) {
  Packet sum = a;
  sum.insert(sum.end(), b.begin(), b.end());
  return sum;
}

Packet word(std::uint16_t value) {
  return {low_byte(value >> 8u), low_byte(value)};
}

Packet ethernet(std::uint16_t protocol, const Packet& rest, std::initializer_list<std::uint16_t> vlans) {
  Packet frame{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  for (const std::uint16_t vlan : vlans) frame = frame + word(vlan) + word(100);
  return frame + word(protocol) + rest;
}

Packet ipv4(const Ipv4& header, const Packet& rest) {
  const std::size_t header_bytes = 20 + header.option_words * 4;
  const std::uint8_t first =
      header.version_and_length != 0 ? header.version_and_length : low_byte(0x40 | header_bytes / 4);
  return Packet{first, 0} + word(length_word(header_bytes + rest.size(), header.length_error)) + word(0) +
         word(header.fragment) + Packet{64, header.protocol, 0, 0} + kV4Client + header.destination +
         Packet(header.option_words * 4, 1) + rest;
}

Packet ipv6(const Ipv6& header, const Packet& rest) {
  return Packet{0x60, 0, 0, 0} + word(length_word(rest.size(), header.length_error)) +
         Packet{header.next, 64} + kV6Client + header.destination + rest;
}

Packet extension(std::uint8_t next, std::uint8_t units, const Packet& rest) {
  return Packet{next, units} + Packet((units + 1u) * 8u - 2u, 0) + rest;
}

Packet udp(const Udp& header, const Packet& payload) {
  return word(50000) + word(header.port) + word(length_word(8 + payload.size(), header.length_error)) +
         word(0) + payload;
}

Packet quic_long(const Long& header) {
  Packet packet{header.first, low_byte(header.version >> 24), low_byte(header.version >> 16),
                low_byte(header.version >> 8), low_byte(header.version)};
  packet = packet + Packet{low_byte(header.dcid)} + Packet(header.dcid, 0xd0) +
           Packet{low_byte(header.scid)} + Packet(header.scid, 0x50);
  packet.resize(std::max(packet.size(), header.bytes), 0x77);
  return packet;
}

Packet quic_short(std::size_t bytes) {
  Packet packet(bytes, 0x77);
  packet[0] = 0x40;
  return packet;
}

Packet v4(const Packet& udp_datagram) {
  return ethernet(0x0800, ipv4({}, udp_datagram));
}
Packet v6(const Packet& udp_datagram) {
  return ethernet(0x86dd, ipv6({}, udp_datagram));
}

}  // namespace quicrx::test
