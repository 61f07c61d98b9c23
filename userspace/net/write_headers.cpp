// SPDX-License-Identifier: MIT
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "net/checksum.h"
#include "net/headers.h"

namespace quicrx {
namespace {

constexpr std::uint8_t kHopLimit = 64;

/// Writes from the payload's start towards the frame's.
class Prepender {
 public:
  explicit Prepender(std::uint8_t* payload) : at_(payload) {}

  template <typename Header>
  std::uint8_t* put(const Header& header) {
    at_ -= sizeof(header);
    std::memcpy(at_, &header, sizeof(header));
    return at_;
  }
  void put_word(std::uint16_t word) { put(htons(word)); }

  [[nodiscard]] std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

void put_udp(Prepender& out, MutableBytes payload, const SocketAddress& local, const SocketAddress& remote) {
  udphdr udp{};
  udp.source = htons(local.port());
  udp.dest = htons(remote.port());
  udp.len = htons(static_cast<std::uint16_t>(sizeof(udp) + payload.size()));
  std::uint8_t* at = out.put(udp);
  const std::uint16_t checksum =
      udp_checksum(local.ip(), remote.ip(), Bytes(at, sizeof(udp) + payload.size()));
  std::memcpy(at + offsetof(udphdr, check), &checksum, sizeof(checksum));
}

void put_ipv4(Prepender& out, std::size_t udp_bytes, const SocketAddress& local, const SocketAddress& remote,
              Ecn ecn) {
  constexpr std::uint16_t kDontFragment = 0x4000;  // RFC 9000 section 14: a datagram must not be fragmented
  iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof(ip) / 4;
  ip.tos = static_cast<std::uint8_t>(ecn);
  ip.tot_len = htons(static_cast<std::uint16_t>(sizeof(ip) + udp_bytes));
  ip.frag_off = htons(kDontFragment);
  ip.ttl = kHopLimit;
  ip.protocol = IPPROTO_UDP;
  std::memcpy(&ip.saddr, local.ip().data(), sizeof(ip.saddr));
  std::memcpy(&ip.daddr, remote.ip().data(), sizeof(ip.daddr));
  ChecksumSum sum;
  sum.add(Bytes(reinterpret_cast<const std::uint8_t*>(&ip), sizeof(ip)));
  ip.check = sum.finish();
  out.put(ip);
}

void put_ipv6(Prepender& out, std::size_t udp_bytes, const SocketAddress& local, const SocketAddress& remote,
              Ecn ecn) {
  ipv6hdr ip{};
  ip.version = 6;
  ip.flow_lbl[0] =
      static_cast<std::uint8_t>(static_cast<unsigned>(ecn) << 4);  // low half of the traffic class
  ip.payload_len = htons(static_cast<std::uint16_t>(udp_bytes));
  ip.nexthdr = IPPROTO_UDP;
  ip.hop_limit = kHopLimit;
  std::memcpy(&ip.saddr, local.ip().data(), sizeof(ip.saddr));
  std::memcpy(&ip.daddr, remote.ip().data(), sizeof(ip.daddr));
  out.put(ip);
}

void put_ethernet(Prepender& out, std::uint16_t protocol, const LinkPath& link) {
  out.put_word(protocol);
  for (std::size_t i = link.vlan_count; i-- > 0;) {
    out.put_word(link.vlans[i].control);
    out.put_word(link.vlans[i].protocol);
  }
  out.put(link.local);
  out.put(link.remote);
}

}  // namespace

std::size_t write_headers(MutableBytes payload, const SocketAddress& local, const SocketAddress& remote,
                          const LinkPath& link, Ecn ecn) noexcept {
  const std::size_t udp_bytes = sizeof(udphdr) + payload.size();
  Prepender out(payload.data());
  put_udp(out, payload, local, remote);
  if (remote.is_ipv6()) {
    put_ipv6(out, udp_bytes, local, remote, ecn);
    put_ethernet(out, ETH_P_IPV6, link);
  } else {
    put_ipv4(out, udp_bytes, local, remote, ecn);
    put_ethernet(out, ETH_P_IP, link);
  }
  return static_cast<std::size_t>(payload.data() - out.at());
}

}  // namespace quicrx
