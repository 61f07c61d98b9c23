// SPDX-License-Identifier: MIT
#include "net/header_template.h"

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <netinet/in.h>

#include <cstring>

namespace quicrx {
namespace {

constexpr std::uint8_t kHopLimit = 64;

/// Writes from the end towards the beginning.
class Prepender {
 public:
  explicit Prepender(std::uint8_t* end) : at_(end) {}

  template <typename Header>
  void put(const Header& header) {
    at_ -= sizeof(header);
    std::memcpy(at_, &header, sizeof(header));
  }
  void put_word(std::uint16_t word) { put(htons(word)); }

  [[nodiscard]] const std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

iphdr ipv4_header(const SocketAddress& local, const SocketAddress& remote) {
  constexpr std::uint16_t kDontFragment = 0x4000;  // RFC 9000 section 14: a datagram must not be fragmented
  iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof(ip) / 4;
  ip.frag_off = htons(kDontFragment);
  ip.ttl = kHopLimit;
  ip.protocol = IPPROTO_UDP;
  std::memcpy(&ip.saddr, local.ip().data(), sizeof(ip.saddr));
  std::memcpy(&ip.daddr, remote.ip().data(), sizeof(ip.daddr));
  return ip;
}

ipv6hdr ipv6_header(const SocketAddress& local, const SocketAddress& remote) {
  ipv6hdr ip{};
  ip.version = 6;
  ip.nexthdr = IPPROTO_UDP;
  ip.hop_limit = kHopLimit;
  std::memcpy(&ip.saddr, local.ip().data(), sizeof(ip.saddr));
  std::memcpy(&ip.daddr, remote.ip().data(), sizeof(ip.daddr));
  return ip;
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

template <typename Field>
void store(std::uint8_t* header, std::size_t offset, Field value) {
  std::memcpy(header + offset, &value, sizeof(value));
}

std::uint16_t word(std::size_t value) {
  return static_cast<std::uint16_t>(value);
}

}  // namespace

HeaderTemplate::HeaderTemplate(const SocketAddress& local, const SocketAddress& remote,
                               const LinkPath& link) noexcept
    : local_(local), remote_(remote), link_(link) {
  Prepender out(bytes_.data() + bytes_.size());
  udphdr udp{};
  udp.source = htons(local.port());
  udp.dest = htons(remote.port());
  out.put(udp);
  udp_sum_.add_word(local.port());
  udp_sum_.add_word(remote.port());
  udp_sum_.add_word(IPPROTO_UDP);
  udp_sum_.add(local.ip());
  udp_sum_.add(remote.ip());
  if (remote.is_ipv6()) {
    out.put(ipv6_header(local, remote));
    put_ethernet(out, ETH_P_IPV6, link);
  } else {
    const iphdr ip = ipv4_header(local, remote);
    ip_sum_.add(Bytes(reinterpret_cast<const std::uint8_t*>(&ip), sizeof(ip)));
    out.put(ip);
    put_ethernet(out, ETH_P_IP, link);
  }
  size_ = static_cast<std::size_t>(bytes_.data() + bytes_.size() - out.at());
}

std::size_t HeaderTemplate::write(MutableBytes payload, Ecn ecn) const noexcept {
  // All of it, for what lies before the frame's first byte is free, and a copy of known length is quicker.
  std::memcpy(payload.data() - bytes_.size(), bytes_.data(), bytes_.size());
  std::uint8_t* const udp = payload.data() - sizeof(udphdr);
  const std::size_t udp_bytes = sizeof(udphdr) + payload.size();
  store(udp, offsetof(udphdr, len), htons(word(udp_bytes)));
  ChecksumSum udp_sum = udp_sum_;
  udp_sum.add_word(word(udp_bytes));  // in the pseudo-header
  udp_sum.add_word(word(udp_bytes));
  udp_sum.add(payload);
  store(udp, offsetof(udphdr, check), udp_sum.finish_udp());
  if (remote_.is_ipv6()) {
    std::uint8_t* const ip = udp - sizeof(ipv6hdr);
    store(ip, offsetof(ipv6hdr, payload_len), htons(word(udp_bytes)));
    ip[offsetof(ipv6hdr, flow_lbl)] =
        static_cast<std::uint8_t>(static_cast<unsigned>(ecn) << 4);  // low half of the traffic class
  } else {
    std::uint8_t* const ip = udp - sizeof(iphdr);
    const std::uint16_t total_bytes = word(sizeof(iphdr) + udp_bytes);
    ip[offsetof(iphdr, tos)] = static_cast<std::uint8_t>(ecn);
    store(ip, offsetof(iphdr, tot_len), htons(total_bytes));
    ChecksumSum ip_sum = ip_sum_;
    ip_sum.add_word(static_cast<std::uint8_t>(ecn));
    ip_sum.add_word(total_bytes);
    store(ip, offsetof(iphdr, check), ip_sum.finish());
  }
  return size_;
}

}  // namespace quicrx
