// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "net/address_text.h"
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

TEST(PortRanges, AreTheFewestForSomePorts) {
  EXPECT_EQ(ranges_of({4434, 443, 4433, 443}), (std::vector<PortRange>{{443, 443}, {4433, 4434}}));
  EXPECT_EQ(ranges_of({65535, 65534}), (std::vector<PortRange>{{65534, 65535}}));
}

TEST(AddressText, ReadsAddressesWithAndWithoutAPort) {
  for (const auto& [text, read] : {std::pair{"192.0.2.1", "192.0.2.1:443"},
                                   {"192.0.2.1:8443", "192.0.2.1:8443"},
                                   {"2001:db8::1", "[2001:db8::1]:443"},
                                   {"[2001:db8::1]", "[2001:db8::1]:443"},
                                   {"[2001:db8::1]:8443", "[2001:db8::1]:8443"}})
    EXPECT_EQ(parse_socket_address(text, 443).value().to_string(), read);
}

TEST(AddressText, RefusesEverythingElse) {
  for (const char* text :
       {"", "eth0", "192.0.2", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:1x", "[2001:db8::1",
        "[2001:db8::1]8443", "[192.0.2.1", ":443", "192.0.2.1 "})
    EXPECT_FALSE(parse_socket_address(text, 443)) << text;
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
