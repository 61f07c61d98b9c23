// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "net/port_ranges.h"
#include "net/prefix.h"

namespace quicrx {
namespace {

TEST(PortRanges, ReadsPortsAndRanges) {
  EXPECT_EQ(parse_port_ranges("443").value(), (std::vector<PortRange>{{443, 443}}));
  EXPECT_EQ(parse_port_ranges("443,8443-8450,65535").value(),
            (std::vector<PortRange>{{443, 443}, {8443, 8450}, {65535, 65535}}));
}

TEST(PortRanges, RefusesEverythingElse) {
  for (const char* text : {"", "0", "65536", "443,", ",443", "8450-8443", "443-", "-443", "https", "443 ",
                           "0-5", "1-2-3", "99999999999"})
    EXPECT_FALSE(parse_port_ranges(text)) << text;
}

TEST(Prefix, ReadsAddressesAndPrefixes) {
  for (const char* text :
       {"192.0.2.1/32", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0", "2001:db8::1/128"})
    EXPECT_EQ(parse_prefix(text).value().to_string(), text);
  EXPECT_EQ(parse_prefix("192.0.2.1").value().bits, 32);
  EXPECT_EQ(parse_prefix("2001:db8::1").value().bits, 128);
}

TEST(Prefix, RefusesEverythingElse) {
  for (const char* text : {"", "eth0", "192.0.2", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1",
                           "192.0.2.0/2x", "::/129", "192.0.2.1/24", "2001:db8::1/64", "/24"})
    EXPECT_FALSE(parse_prefix(text)) << text;
}

}  // namespace
}  // namespace quicrx
