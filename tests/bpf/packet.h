// SPDX-License-Identifier: MIT
/// Frames for tests, built layer by layer from the inside out.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace quicrx::test {

using Packet = std::vector<std::uint8_t>;

Packet operator+(const Packet& a, const Packet& b);
Packet word(std::uint16_t value);

inline const Packet kV4Ours{192, 0, 2, 1}, kV4Other{192, 0, 2, 99}, kV4Client{198, 51, 100, 7};
inline const Packet kV6Ours{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
inline const Packet kV6Other{0x20, 1, 0xd, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
inline const Packet kV6Client{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
inline constexpr std::uint16_t kOurPort = 4433;

/// Ethernet with VLAN tags (their protocol numbers, outermost first).
Packet ethernet(std::uint16_t protocol, const Packet& rest, std::initializer_list<std::uint16_t> vlans = {});

struct Ipv4 {
  Packet destination = kV4Ours;
  std::uint8_t protocol = 17;
  std::uint16_t fragment = 0;  ///< flags and offset
  std::size_t option_words = 0;
  int length_error = 0;                 ///< added to the total length
  std::uint8_t version_and_length = 0;  ///< 0: the right one
};
Packet ipv4(const Ipv4& header, const Packet& rest);

struct Ipv6 {
  Packet destination = kV6Ours;
  std::uint8_t next = 17;
  int length_error = 0;
};
Packet ipv6(const Ipv6& header, const Packet& rest);

/// An extension header of (units + 1) * 8 bytes, saying `units`.
Packet extension(std::uint8_t next, std::uint8_t units, const Packet& rest);

struct Udp {
  std::uint16_t port = kOurPort;
  int length_error = 0;
};
Packet udp(const Udp& header, const Packet& payload);

/// A QUIC long header packet, padded to `bytes`.
struct Long {
  std::uint8_t first = 0xc0;
  std::uint32_t version = 1;
  std::size_t dcid = 8;
  std::size_t scid = 8;
  std::size_t bytes = 1200;
};
Packet quic_long(const Long& header);
Packet quic_short(std::size_t bytes);

Packet v4(const Packet& udp_datagram);  ///< in plain IPv4 to us
Packet v6(const Packet& udp_datagram);  ///< in plain IPv6 to us

}  // namespace quicrx::test
