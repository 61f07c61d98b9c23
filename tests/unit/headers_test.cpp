// SPDX-License-Identifier: MIT
#include "net/headers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "net/header_template.h"

namespace quicrx {
namespace {

const std::vector<std::uint8_t> kV4Local{192, 0, 2, 1}, kV4Remote{198, 51, 100, 7};
const std::vector<std::uint8_t> kV6Local{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const std::vector<std::uint8_t> kV6Remote{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};

LinkPath link_with(std::vector<VlanTag> vlans) {
  LinkPath link{.local = {2, 0, 0, 0, 0, 1}, .remote = {2, 0, 0, 0, 0, 2}, .vlans = {}, .vlan_count = 0};
  for (const VlanTag& vlan : vlans) link.vlans[link.vlan_count++] = vlan;
  return link;
}

/// The frame that a template makes of a payload.
std::vector<std::uint8_t> written(const SocketAddress& local, const SocketAddress& remote,
                                  const LinkPath& link, Ecn ecn, const std::string& payload) {
  std::vector<std::uint8_t> memory(kMaxHeaderBytes + payload.size(), 0xee);
  std::copy(payload.begin(), payload.end(), memory.begin() + kMaxHeaderBytes);
  const std::size_t bytes =
      HeaderTemplate(local, remote, link).write(MutableBytes(memory).subspan(kMaxHeaderBytes), ecn);
  return {memory.end() - static_cast<std::ptrdiff_t>(payload.size() + bytes), memory.end()};
}

TEST(WriteHeaders, Ipv4ByteByByte) {
  const auto frame = written({kV4Local, 443}, {kV4Remote, 0x1234}, link_with({}), Ecn::ect0, "hi");
  const std::vector<std::uint8_t> want{
      2,    0,    0,    0,    0,    2,                             // to the peer
      2,    0,    0,    0,    0,    1,                             // from us
      0x08, 0x00,                                                  // IPv4
      0x45, 0x02, 0x00, 0x1e, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,  // ECT(0), 30 bytes, DF, 64 hops, UDP
      0x4e, 0x91,                                                  // checksum of the header
      192,  0,    2,    1,    198,  51,   100,  7,                 // addresses
      0x01, 0xbb, 0x12, 0x34, 0x00, 0x0a, 0x97, 0x45, 'h',  'i'};  // UDP, 10 bytes, checksum
  EXPECT_EQ(frame, want);
}

TEST(WriteHeaders, Ipv6ByteByByteWithTwoVlanTags) {
  const auto frame = written({kV6Local, 443}, {kV6Remote, 0x1234},
                             link_with({{0x88a8, 0x6064}, {0x8100, 0x00c8}}), Ecn::ce, "hi");
  std::vector<std::uint8_t> want{2,    0,    0,    0,    0,    2,    2,    0,    0,    0,    0, 1,
                                 0x88, 0xa8, 0x60, 0x64, 0x81, 0x00, 0x00, 0xc8, 0x86, 0xdd,  // tags, IPv6
                                 0x60, 0x30, 0x00, 0x00,   // CE, no flow label
                                 0x00, 0x0a, 0x11, 0x40};  // 10 bytes, UDP, 64
  want.insert(want.end(), kV6Local.begin(), kV6Local.end());
  want.insert(want.end(), kV6Remote.begin(), kV6Remote.end());
  const std::vector<std::uint8_t> udp{0x01, 0xbb, 0x12, 0x34, 0x00, 0x0a, 0x28, 0x0d, 'h', 'i'};
  want.insert(want.end(), udp.begin(), udp.end());
  EXPECT_EQ(frame, want);
}

TEST(ParseFrame, ReadsBackWhatWasWritten) {
  for (const auto& vlans :
       std::vector<std::vector<VlanTag>>{{}, {{0x8100, 5}}, {{0x88a8, 9}, {0x8100, 0xe005}}}) {
    for (const bool v6 : {false, true}) {
      for (const Ecn ecn : {Ecn::not_ect, Ecn::ect0, Ecn::ect1, Ecn::ce}) {
        const SocketAddress local(v6 ? kV6Local : kV4Local, 443), remote(v6 ? kV6Remote : kV4Remote, 50000);
        const LinkPath link = link_with(vlans);
        const auto frame = written(local, remote, link, ecn, "payload");
        const auto parsed = parse_frame(frame);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->local, remote) << "what we sent arrives at the other end";
        EXPECT_EQ(parsed->remote, local);
        EXPECT_EQ(parsed->link.local, link.remote);
        EXPECT_EQ(parsed->link.remote, link.local);
        EXPECT_EQ(parsed->link.vlan_count, vlans.size());
        EXPECT_EQ(parsed->link.vlans, link.vlans);
        EXPECT_EQ(parsed->ecn, ecn);
        EXPECT_EQ(parsed->payload_bytes, 7u);
        EXPECT_EQ(frame[parsed->payload_offset], 'p');
      }
    }
  }
}

TEST(ParseFrame, RefusesEveryTruncation) {
  for (const bool v6 : {false, true}) {
    const auto frame = written({v6 ? kV6Local : kV4Local, 443}, {v6 ? kV6Remote : kV4Remote, 50000},
                               link_with({{0x8100, 5}}), Ecn::not_ect, "payload");
    for (std::size_t bytes = 0; bytes < frame.size(); ++bytes)
      EXPECT_FALSE(parse_frame(Bytes(frame).first(bytes))) << bytes;
    EXPECT_TRUE(parse_frame(frame));
  }
}

TEST(ParseFrame, IgnoresLinkPadding) {
  auto frame = written({kV4Local, 443}, {kV4Remote, 50000}, link_with({}), Ecn::not_ect, "p");
  frame.resize(60, 0);
  const auto parsed = parse_frame(frame);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload_bytes, 1u);
}

}  // namespace
}  // namespace quicrx
