// SPDX-License-Identifier: MIT
/// The XDP program in the kernel (BPF_PROG_TEST_RUN): a table of packets, each with its verdict and counters.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <memory>
#include <set>

#include "frame/descriptor.h"
#include "net/headers.h"
#include "packet.h"
#include "steer_abi.h"

// After the types that it names.
#include "steer.skel.h"

namespace quicrx::test {
namespace {

using Counts = std::array<std::uint64_t, QUICRX_COUNTERS>;

class Steer : public testing::Test {
 protected:
  Steer() : Steer(false) {}

  explicit Steer(bool multi_buffer) : skeleton_(steer_bpf::open(), steer_bpf::destroy) {
    skeleton_->rodata->quicrx_constants.multi_buffer = multi_buffer ? 1 : 0;
    if (multi_buffer) bpf_program__set_flags(skeleton_->progs.quicrx_steer, BPF_F_XDP_HAS_FRAGS);
    if (steer_bpf::load(skeleton_.get()) != 0) skeleton_.reset();
  }

  void SetUp() override {
    ASSERT_TRUE(skeleton_) << "the verifier refuses the program";
    configure(QUICRX_ANY_ADDRESS);
    set_ports({kOurPort});
  }

  void configure(std::uint32_t flags) {
    const quicrx_config config{.flags = flags, .mac = {2, 0, 0, 0, 0, 1}, .unused = {}};
    ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.quicrx_config), &zero_, &config, BPF_ANY), 0);
  }

  void set_ports(const std::set<unsigned>& ports) {
    quicrx_port_set set{};
    for (const unsigned port : ports) set.word[port >> 6] |= std::uint64_t{1} << (port & 63);
    ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.quicrx_ports), &zero_, &set, BPF_ANY), 0);
  }

  void set_socket(std::uint32_t queue) {
    socket_ = Descriptor(::socket(AF_XDP, SOCK_RAW, 0));
    const int fd = socket_.get();
    ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.quicrx_xsks), &queue, &fd, BPF_ANY), 0);
  }

  Counts counts() {
    std::vector<quicrx_counters> by_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    EXPECT_EQ(bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.quicrx_counters), &zero_, by_cpu.data()), 0);
    Counts sum{};
    for (const auto& one : by_cpu)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one.value[i];
    return sum;
  }

  /// Runs one packet, at least 14 bytes (the kernel's own minimum for a test run).
  std::uint32_t run(const Packet& packet, std::size_t first_buffer = 0) {
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = packet.data();
    options.data_size_in = static_cast<std::uint32_t>(packet.size());
    xdp_md context{};
    context.data_end = static_cast<std::uint32_t>(first_buffer);
    if (first_buffer != 0) {
      options.ctx_in = &context;
      options.ctx_size_in = sizeof(context);
    }
    EXPECT_EQ(bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.quicrx_steer), &options), 0);
    return options.retval;
  }

  /// Runs one packet and expects its action and just these counters to go up by one.
  void expect(const char* what, const Packet& packet, std::uint32_t action,
              const std::set<quicrx_counter>& counters) {
    SCOPED_TRACE(what);
    const Counts before = counts();
    EXPECT_EQ(run(packet), action);
    const Counts after = counts();
    for (std::size_t i = 0; i < after.size(); ++i)
      EXPECT_EQ(after[i] - before[i], counters.contains(static_cast<quicrx_counter>(i)) ? 1u : 0u)
          << "counter " << i;
  }

  void expect_pass(const char* what, const Packet& packet, quicrx_counter verdict) {
    expect(what, packet, XDP_PASS, {verdict});
  }
  void expect_ours(const char* what, const Packet& packet) {
    expect_pass(what, packet, QUICRX_PASS_NO_SOCKET);
  }
  void expect_drop(const char* what, const Packet& packet, quicrx_counter reason) {
    expect(what, packet, XDP_DROP, {QUICRX_DROP_NOT_QUIC, reason});
  }

  const std::uint32_t zero_ = 0;
  std::unique_ptr<steer_bpf, decltype(&steer_bpf::destroy)> skeleton_;
  Descriptor socket_;
};

const Packet kInitial = udp({}, quic_long({}));

TEST_F(Steer, FindsUdpBehindEveryHeaderShape) {
  expect_ours("IPv4", v4(kInitial));
  expect_ours("IPv6", v6(kInitial));
  expect_ours("802.1Q", ethernet(0x0800, ipv4({}, kInitial), {0x8100}));
  expect_ours("802.1ad and 802.1Q", ethernet(0x86dd, ipv6({}, kInitial), {0x88a8, 0x8100}));
  expect_ours("802.1Q twice", ethernet(0x0800, ipv4({}, kInitial), {0x8100, 0x8100}));
  for (std::size_t words = 1; words <= 10; ++words)
    expect_ours("IPv4 options", ethernet(0x0800, ipv4({.option_words = words}, kInitial)));
  expect_ours("link padding", v4(udp({}, quic_short(60))) + Packet(20, 0));
  expect_pass("three tags", ethernet(0x0800, ipv4({}, kInitial), {0x88a8, 0x8100, 0x8100}),
              QUICRX_PASS_NOT_IP);
}

TEST_F(Steer, WalksIpv6ExtensionHeaders) {
  for (const std::uint8_t type : {std::uint8_t{0}, std::uint8_t{43}, std::uint8_t{60}}) {
    for (const std::uint8_t units : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{31}})
      expect_ours("one", ethernet(0x86dd, ipv6({.next = type}, extension(17, units, kInitial))));
  }
  // An authentication header counts in units of 4 bytes, less 2 (RFC 4302 section 2.2).
  const Packet authentication = Packet{17, 4} + Packet(22, 0) + kInitial;
  expect_ours("authentication header", ethernet(0x86dd, ipv6({.next = 51}, authentication)));

  Packet chain = kInitial;
  std::uint8_t next = 17;
  for (int count = 1; count <= 8; ++count) {
    chain = extension(next, static_cast<std::uint8_t>(count % 3), chain);
    next = 60;
    expect_ours("chain", ethernet(0x86dd, ipv6({.next = 60}, chain)));
  }
  chain = extension(60, 0, chain);
  expect_pass("nine headers", ethernet(0x86dd, ipv6({.next = 60}, chain)), QUICRX_PASS_NOT_UDP);
}

TEST_F(Steer, PassesIpv6HeadersItCannotLookBehind) {
  // MLD: hop-by-hop with a router alert, then ICMPv6. A walker that starts at the wrong byte sees UDP in it.
  const Packet mld = Packet{58, 0, 5, 2, 0, 0, 1, 0} + Packet{143, 0, 0, 0} + Packet(20, 17);
  expect_pass("MLD", ethernet(0x86dd, ipv6({.next = 0}, mld)), QUICRX_PASS_NOT_UDP);
  expect_pass("ESP", ethernet(0x86dd, ipv6({.next = 50}, kInitial)), QUICRX_PASS_NOT_UDP);
  expect_pass("no next header", ethernet(0x86dd, ipv6({.next = 59}, kInitial)), QUICRX_PASS_NOT_UDP);
  Packet routed = extension(17, 0, kInitial);
  routed[3] = 1;
  expect_pass("segments left", ethernet(0x86dd, ipv6({.next = 43}, routed)), QUICRX_PASS_NOT_UDP);
  expect_pass("a length that lies", ethernet(0x86dd, ipv6({.next = 0}, Packet{17, 255} + Packet(40, 0))),
              QUICRX_PASS_RUNT);
  expect_pass("beyond the IP payload, within the frame",
              ethernet(0x86dd, ipv6({.next = 0, .length_error = -1212}, extension(17, 2, kInitial))),
              QUICRX_PASS_RUNT);
}

TEST_F(Steer, PassesEveryFragment) {
  for (const std::uint16_t port : {kOurPort, std::uint16_t{53}}) {
    const Packet datagram = udp({.port = port}, quic_long({}));
    expect_pass("first", ethernet(0x0800, ipv4({.fragment = 0x2000}, datagram)), QUICRX_PASS_FRAGMENT);
    expect_pass("middle", ethernet(0x0800, ipv4({.fragment = 0x2010}, datagram)), QUICRX_PASS_FRAGMENT);
    expect_pass("last", ethernet(0x0800, ipv4({.fragment = 0x0010}, datagram)), QUICRX_PASS_FRAGMENT);
    for (const std::uint8_t more : {std::uint8_t{0}, std::uint8_t{1}}) {
      const Packet fragment = Packet{17, 0, 0, more, 0, 0, 0, 9} + datagram;
      expect_pass("IPv6", ethernet(0x86dd, ipv6({.next = 44}, fragment)), QUICRX_PASS_FRAGMENT);
      expect_pass("IPv6 behind another header",
                  ethernet(0x86dd, ipv6({.next = 60}, extension(44, 0, fragment))), QUICRX_PASS_FRAGMENT);
    }
  }
  expect_ours("do not fragment is no fragment", ethernet(0x0800, ipv4({.fragment = 0x4000}, kInitial)));
}

TEST_F(Steer, PassesWhatIsNotUdpOrIp) {
  expect_pass("ARP", ethernet(0x0806, Packet(28, 0)), QUICRX_PASS_NOT_IP);
  expect_pass("LLDP", ethernet(0x88cc, Packet(40, 0)), QUICRX_PASS_NOT_IP);
  expect_pass("TCP", ethernet(0x0800, ipv4({.protocol = 6}, kInitial)), QUICRX_PASS_NOT_UDP);
  expect_pass("ICMP", ethernet(0x0800, ipv4({.protocol = 1}, Packet(64, 8))), QUICRX_PASS_NOT_UDP);
  expect_pass("TCP over IPv6", ethernet(0x86dd, ipv6({.next = 6}, kInitial)), QUICRX_PASS_NOT_UDP);
  expect_pass("IPv4 that says 6", ethernet(0x0800, ipv4({.version_and_length = 0x65}, kInitial)),
              QUICRX_PASS_NOT_IP);
  expect_pass("IPv4 with a short header", ethernet(0x0800, ipv4({.version_and_length = 0x44}, kInitial)),
              QUICRX_PASS_NOT_IP);
  expect_pass("IPv6 that says 4", ethernet(0x86dd, ipv4({}, kInitial)), QUICRX_PASS_NOT_IP);
}

TEST_F(Steer, PassesWrongIpLengths) {
  expect_pass("IPv4 longer than the frame", ethernet(0x0800, ipv4({.length_error = 1}, kInitial)),
              QUICRX_PASS_RUNT);
  expect_pass("IPv4 shorter than its header", ethernet(0x0800, ipv4({.length_error = -1216}, kInitial)),
              QUICRX_PASS_RUNT);
  expect_pass("IPv6 longer than the frame", ethernet(0x86dd, ipv6({.length_error = 1}, kInitial)),
              QUICRX_PASS_RUNT);
  expect_pass("IPv6 jumbogram", ethernet(0x86dd, ipv6({.length_error = -1208}, kInitial)), QUICRX_PASS_RUNT);
}

TEST_F(Steer, PassesOtherPortsBeforeAnyCheck) {
  set_ports({443, 8443, 8444, 8445, 65535, 64});
  for (const unsigned port : {443u, 8443u, 8444u, 8445u, 65535u, 64u})
    expect_ours("ours", v4(udp({.port = static_cast<std::uint16_t>(port)}, quic_long({}))));
  for (const unsigned port : {442u, 444u, 8442u, 8446u, 65534u, 63u, 65u, 0u, 0xbb01u}) {
    const auto number = static_cast<std::uint16_t>(port);
    expect_pass("other", v4(udp({.port = number}, quic_long({}))), QUICRX_PASS_PORT);
    expect_pass("other, empty", v4(udp({.port = number}, {})), QUICRX_PASS_PORT);
    expect_pass("other, a length that lies", v6(udp({.port = number, .length_error = 5}, {})),
                QUICRX_PASS_PORT);
  }
}

TEST_F(Steer, PassesOtherAddressesBeforeAnyCheck) {
  configure(0);
  expect_pass("no prefix at all", v4(kInitial), QUICRX_PASS_ADDRESS);
  const std::uint8_t value = 1;
  const quicrx_prefix4 prefix4{.prefix_bits = 28, .address = {192, 0, 2, 0}};
  const quicrx_prefix6 prefix6{.prefix_bits = 32, .address = {0x20, 1, 0xd, 0xb8}};
  ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.quicrx_prefix4), &prefix4, &value, BPF_ANY), 0);
  ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.quicrx_prefix6), &prefix6, &value, BPF_ANY), 0);
  expect_ours("IPv4 within", v4(kInitial));
  expect_ours("IPv6 within", v6(kInitial));
  expect_pass("IPv4 outside", ethernet(0x0800, ipv4({.destination = kV4Other}, kInitial)),
              QUICRX_PASS_ADDRESS);
  expect_pass("IPv6 outside", ethernet(0x86dd, ipv6({.destination = kV6Other}, kInitial)),
              QUICRX_PASS_ADDRESS);
  expect_pass("outside, empty", ethernet(0x0800, ipv4({.destination = kV4Other}, udp({}, {}))),
              QUICRX_PASS_ADDRESS);
}

TEST_F(Steer, PassesWhatIsForOtherStations) {
  for (const Packet& mac : {Packet(6, 0xff), Packet{1, 0, 0x5e, 0, 0, 9}, Packet{2, 0, 0, 0, 0, 7}}) {
    Packet frame = v4(kInitial);
    std::copy(mac.begin(), mac.end(), frame.begin());
    expect_pass("another MAC address", frame, QUICRX_PASS_OTHER_STATION);
  }
}

TEST_F(Steer, DropsWhatCannotBeQuic) {
  expect_drop("empty", v4(udp({}, {})), QUICRX_BAD_EMPTY);
  expect_drop("UDP length too long", v4(udp({.length_error = 1}, quic_long({}))), QUICRX_BAD_UDP_LENGTH);
  expect_drop("UDP length beyond IP, within the frame",
              v4(udp({.length_error = 4}, quic_short(60))) + Packet(8, 0), QUICRX_BAD_UDP_LENGTH);
  expect_drop("UDP length below its header", v4(udp({.length_error = -1201}, quic_long({}))),
              QUICRX_BAD_UDP_LENGTH);
  expect_drop("short header without a sample", v6(udp({}, quic_short(20))), QUICRX_BAD_SHORT_HEADER);
  expect_ours("the shortest short header", v6(udp({}, quic_short(21))));
  expect_drop("Version Negotiation", v4(udp({}, quic_long({.version = 0}))), QUICRX_BAD_CLIENT_BOUND);
  expect_drop("Retry", v4(udp({}, quic_long({.first = 0xf0}))), QUICRX_BAD_CLIENT_BOUND);
  expect_drop("Retry of version 2", v4(udp({}, quic_long({.first = 0xc0, .version = 0x6b3343cf}))),
              QUICRX_BAD_CLIENT_BOUND);
  expect_drop("Initial of 1,199 bytes", v4(udp({}, quic_long({.bytes = 1199}))), QUICRX_BAD_SMALL_INITIAL);
  expect_drop("Initial of version 2",
              v4(udp({}, quic_long({.first = 0xd0, .version = 0x6b3343cf, .bytes = 1199}))),
              QUICRX_BAD_SMALL_INITIAL);
  expect_drop("long destination ID", v4(udp({}, quic_long({.dcid = 21}))), QUICRX_BAD_CID_LENGTH);
  expect_drop("long source ID", v4(udp({}, quic_long({.scid = 21}))), QUICRX_BAD_CID_LENGTH);
  expect_drop("unknown version, small", v4(udp({}, quic_long({.version = 0xff00001d, .bytes = 1199}))),
              QUICRX_BAD_SMALL_UNKNOWN);
}

TEST_F(Steer, LetsByWhatMayBeQuic) {
  expect_ours("0-RTT", v4(udp({}, quic_long({.first = 0xd0, .bytes = 100}))));
  expect_ours("Handshake", v4(udp({}, quic_long({.first = 0xe0, .bytes = 6 + 8 + 1 + 8 + 21}))));
  expect_drop("Handshake without a sample",
              v4(udp({}, quic_long({.first = 0xe0, .bytes = 6 + 8 + 1 + 8 + 20}))), QUICRX_BAD_LONG_HEADER);
  expect_ours("Initial of version 2", v4(udp({}, quic_long({.first = 0xd0, .version = 0x6b3343cf}))));
  expect_ours("Handshake of version 2",
              v4(udp({}, quic_long({.first = 0xf0, .version = 0x6b3343cf, .bytes = 60}))));
  expect_ours("IDs of 20 bytes", v4(udp({}, quic_long({.dcid = 20, .scid = 20}))));
  expect_ours("IDs of 0 bytes", v4(udp({}, quic_long({.dcid = 0, .scid = 0}))));
  expect_ours("unknown version, long IDs",
              v4(udp({}, quic_long({.version = 0xff00001d, .dcid = 255, .scid = 255}))));
  expect_ours("a greased fixed bit", v4(udp({}, quic_long({.first = 0x80}))));
}

TEST_F(Steer, LongHeadersEndWhereTheyEnd) {
  const Packet whole = quic_long({.first = 0xe0, .bytes = 6 + 8 + 1 + 8 + 21});
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
    const Packet cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    expect_drop("cut", v4(udp({}, cut)), QUICRX_BAD_LONG_HEADER);
    expect_drop("cut, the frame is padded", v4(udp({}, cut)) + Packet(60, 0), QUICRX_BAD_LONG_HEADER);
  }
}

TEST_F(Steer, PassesInvalidOnRequest) {
  configure(QUICRX_ANY_ADDRESS | QUICRX_PASS_INVALID);
  expect("empty", v4(udp({}, {})), XDP_PASS, {QUICRX_PASS_NOT_QUIC, QUICRX_BAD_EMPTY});
  expect("small Initial", v4(udp({}, quic_long({.bytes = 1199}))), XDP_PASS,
         {QUICRX_PASS_NOT_QUIC, QUICRX_BAD_SMALL_INITIAL});
}

TEST_F(Steer, TakesAnyPayloadOnRequest) {
  configure(QUICRX_ANY_ADDRESS | QUICRX_ANY_PAYLOAD);
  expect_ours("empty", v4(udp({}, {})));
  expect_ours("a query", v4(udp({}, Packet(12, 'q'))));
  expect_pass("not our port", v4(udp({.port = 53}, Packet(12, 'q'))), QUICRX_PASS_PORT);
}

TEST_F(Steer, RedirectsToTheSocketOfTheQueueOrPasses) {
  set_socket(3);
  expect_ours("another queue", v4(kInitial));
  set_socket(0);
  expect("this queue", v4(kInitial), XDP_REDIRECT, {QUICRX_REDIRECTED});
  expect_pass("not ours", v4(udp({.port = 53}, quic_long({}))), QUICRX_PASS_PORT);
  socket_ = Descriptor();
  // The kernel takes a dead socket out of the map.
  expect_ours("the socket is gone", v4(kInitial));
}

TEST_F(Steer, PassesEveryTruncationOfEveryShape) {
  set_socket(0);
  const Packet tail = udp({}, quic_short(64));
  const std::map<const char*, Packet> shapes{
      {"IPv4", v4(tail)},
      {"IPv4 with options, two tags", ethernet(0x0800, ipv4({.option_words = 10}, tail), {0x88a8, 0x8100})},
      {"IPv6", v6(tail)},
      {"IPv6 with headers",
       ethernet(0x86dd, ipv6({.next = 0}, extension(60, 0, extension(17, 1, tail))), {0x8100})}};
  for (const auto& [name, whole] : shapes) {
    SCOPED_TRACE(name);
    EXPECT_EQ(run(whole), static_cast<std::uint32_t>(XDP_REDIRECT));
    for (std::size_t bytes = 14; bytes < whole.size(); ++bytes) {
      const Packet cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes));
      expect_pass("cut", cut, QUICRX_PASS_RUNT);
    }
  }
}

/// Userspace reads frames that the program let by with a parser of its own: the two must agree on what is
/// UDP.
TEST_F(Steer, AgreesWithTheParserInUserspace) {
  const std::vector<Packet> frames{
      v4(kInitial),
      v6(kInitial),
      ethernet(0x86dd, ipv6({.next = 60}, extension(43, 1, extension(17, 2, kInitial))), {0x88a8, 0x8100}),
      ethernet(0x86dd, ipv6({.next = 51}, Packet{17, 4} + Packet(22, 0) + kInitial)),
      ethernet(0x0800, ipv4({.option_words = 3}, kInitial)),
      ethernet(0x0800, ipv4({.fragment = 0x2000}, kInitial)),
      ethernet(0x0800, ipv4({.length_error = 1}, kInitial)),
      ethernet(0x0806, Packet(28, 0))};
  for (const Packet& frame : frames) {
    for (std::size_t bytes = 14; bytes <= frame.size(); bytes += bytes < 120 ? 1 : 97) {
      const Packet cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(bytes));
      const std::uint64_t ours_before = counts()[QUICRX_PASS_NO_SOCKET];
      run(cut);
      EXPECT_EQ(parse_frame(cut).has_value(), counts()[QUICRX_PASS_NO_SOCKET] > ours_before) << bytes;
    }
  }
}

/// Built for frames of several buffers. The kernel's test run puts what a page does not hold into further
/// ones.
class SteerJumbo : public Steer {
 protected:
  SteerJumbo() : Steer(true) {}
};

TEST_F(SteerJumbo, CountsEveryBufferOfAFrame) {
  set_socket(0);
  const Packet jumbo = udp({}, quic_short(8900));
  expect("in several buffers", v4(jumbo), XDP_REDIRECT, {QUICRX_REDIRECTED});
  expect("IPv6", v6(jumbo), XDP_REDIRECT, {QUICRX_REDIRECTED});
  expect("in one", v4(udp({}, quic_short(100))), XDP_REDIRECT, {QUICRX_REDIRECTED});
  expect("says more than all buffers hold", ethernet(0x0800, ipv4({.length_error = 1}, jumbo)), XDP_PASS,
         {QUICRX_PASS_RUNT});
  expect("padded in the last", v4(jumbo) + Packet(20, 0), XDP_REDIRECT, {QUICRX_REDIRECTED});
  expect("wrong UDP length", v4(udp({.length_error = 1}, quic_short(8900))), XDP_DROP,
         {QUICRX_DROP_NOT_QUIC, QUICRX_BAD_UDP_LENGTH});
}

/// Some drivers end the first buffer behind some header, or put nothing into it: what cannot be seen is
/// passed, never dropped.
TEST_F(SteerJumbo, PassesWhatItCannotSee) {
  set_socket(0);
  const Packet frame = v4(udp({}, quic_long({})));
  const std::size_t headers = frame.size() - 1200;
  const Counts before = counts();
  std::size_t redirected = 0;
  for (std::size_t linear = 14; linear < headers + 40; ++linear) {
    const std::uint32_t action = run(frame, linear);
    ASSERT_NE(action, XDP_DROP) << linear;
    redirected += action == XDP_REDIRECT ? 1 : 0;
  }
  const Counts after = counts();
  EXPECT_GT(after[QUICRX_PASS_SPLIT_HEADERS], before[QUICRX_PASS_SPLIT_HEADERS]);
  EXPECT_EQ(after[QUICRX_REDIRECTED] - before[QUICRX_REDIRECTED], redirected);
  EXPECT_GT(redirected, 0u);
}

}  // namespace
}  // namespace quicrx::test
