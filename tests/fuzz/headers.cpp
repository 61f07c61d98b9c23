// SPDX-License-Identifier: MIT
/// A frame is read; the headers of the way back are written; they must read as what was written.
///
/// Input: the frame.
#include "net/headers.h"

#include <vector>

#include "input.h"
#include "net/header_template.h"
#include "require.h"
#include "udp_checksum.h"

namespace quicrx::fuzz {
namespace {

/// RFC 1071: the sum over a header and its checksum is all ones.
void require_checksums(Bytes frame, const ParsedDatagram& parsed) {
  const Bytes udp = frame.subspan(parsed.payload_offset - 8, 8 + parsed.payload_bytes);
  std::vector<std::uint8_t> blank(udp.begin(), udp.end());
  blank[6] = blank[7] = 0;
  const std::uint16_t sum = udp_checksum(parsed.remote.ip(), parsed.local.ip(), blank);
  require(std::equal(udp.begin() + 6, udp.begin() + 8, reinterpret_cast<const std::uint8_t*>(&sum)),
          "the UDP checksum is right");
  if (parsed.local.is_ipv6()) return;
  ChecksumSum header;
  header.add(frame.subspan(parsed.payload_offset - kIpv4UdpBytes, kIpv4UdpBytes - 8));
  require(header.finish() == 0, "the IPv4 checksum is right");
}

void run_one(Input input) {
  const Bytes given = input.rest();
  const std::vector<std::uint8_t> frame(given.begin(), given.end());  // ends where the input does
  const auto parsed = parse_frame(frame);
  if (!parsed) return;
  require(parsed->payload_offset + parsed->payload_bytes <= frame.size(), "the payload lies in the frame");

  std::vector<std::uint8_t> written(kMaxHeaderBytes);
  const auto payload = frame.begin() + static_cast<std::ptrdiff_t>(parsed->payload_offset);
  written.insert(written.end(), payload, payload + static_cast<std::ptrdiff_t>(parsed->payload_bytes));
  const HeaderTemplate headers(parsed->local, parsed->remote, parsed->link);
  const std::size_t bytes = headers.write(MutableBytes(written).subspan(kMaxHeaderBytes), parsed->ecn);
  require(bytes <= kMaxHeaderBytes, "the headers fit their room");

  const Bytes answer = Bytes(written).subspan(kMaxHeaderBytes - bytes);
  const auto back = parse_frame(std::vector<std::uint8_t>(answer.begin(), answer.end()));
  require(back.has_value(), "what was written can be read");
  require(back->local == parsed->remote && back->remote == parsed->local, "addresses the other way round");
  require(back->ecn == parsed->ecn, "the same ECN");
  require(back->link.local == parsed->link.remote && back->link.remote == parsed->link.local &&
              back->link.vlans == parsed->link.vlans && back->link.vlan_count == parsed->link.vlan_count,
          "the same link, the other way round");
  require(back->payload_bytes == parsed->payload_bytes && back->payload_offset == bytes, "the same payload");
  require_checksums(answer, *back);
}

}  // namespace
}  // namespace quicrx::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  quicrx::fuzz::run_one({data, bytes});
  return 0;
}
