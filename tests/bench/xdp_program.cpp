// SPDX-License-Identifier: MIT
/// What the XDP program takes for a packet, by kind of packet, as the kernel times it (BPF_PROG_TEST_RUN).
///
///   xdp_program ROUNDS REPEATS    prints JSON: nanoseconds a packet, each round all kinds in turn
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bpf/packet.h"
#include "frame/descriptor.h"
#include "steer_abi.h"

// After the types that it names.
#include "steer.skel.h"

namespace quicrx::test {
namespace {

struct Kind {
  std::string name;
  Packet packet;
  std::uint32_t action;
};

std::vector<Kind> kinds() {
  const Packet ours = udp({}, quic_short(1200));
  const Packet other_port = udp({.port = kOurPort + 1}, quic_short(1200));
  return {
      {"ours, IPv4", v4(ours), XDP_REDIRECT},
      {"ours, IPv6", v6(ours), XDP_REDIRECT},
      {"ours, IPv4 behind a VLAN tag", ethernet(0x0800, ipv4({}, ours), {0x8100}), XDP_REDIRECT},
      {"another port", v4(other_port), XDP_PASS},
      {"TCP", ethernet(0x0800, ipv4({.protocol = 6}, Packet(1200, 0))), XDP_PASS},
      {"a fragment", ethernet(0x0800, ipv4({.fragment = 0x2000}, ours)), XDP_PASS},
      {"to our port, not QUIC", v4(udp({}, quic_short(8))), XDP_DROP},
  };
}

using Skeleton = std::unique_ptr<steer_bpf, decltype(&steer_bpf::destroy)>;

/// Loaded, with one port and a socket to redirect to; null when the kernel refuses any of it.
Skeleton load(const Descriptor& socket) {
  Skeleton made(steer_bpf::open_and_load(), steer_bpf::destroy);
  if (!made) return made;
  const std::uint32_t zero = 0;
  const quicrx_config config{.flags = QUICRX_ANY_ADDRESS, .mac = {2, 0, 0, 0, 0, 1}, .unused = {}};
  quicrx_port_set ports{};
  ports.word[kOurPort >> 6] |= std::uint64_t{1} << (kOurPort & 63);
  const int fd = socket.get();
  if (bpf_map_update_elem(bpf_map__fd(made->maps.quicrx_config), &zero, &config, BPF_ANY) != 0 ||
      bpf_map_update_elem(bpf_map__fd(made->maps.quicrx_ports), &zero, &ports, BPF_ANY) != 0 ||
      bpf_map_update_elem(bpf_map__fd(made->maps.quicrx_xsks), &zero, &fd, BPF_ANY) != 0)
    made.reset();
  return made;
}

/// Nanoseconds a packet; 0 when the program did something else with it than it should.
double time_of(const Skeleton& program, const Kind& kind, int repeats) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = kind.packet.data();
  options.data_size_in = static_cast<std::uint32_t>(kind.packet.size());
  options.repeat = repeats;
  if (bpf_prog_test_run_opts(bpf_program__fd(program->progs.quicrx_steer), &options) != 0) return 0;
  return options.retval == kind.action ? options.duration : 0;
}

int run(int rounds, int repeats) {
  const Descriptor socket(::socket(AF_XDP, SOCK_RAW, 0));
  const Skeleton program = load(socket);
  if (!program) {
    std::fputs("xdp_program: the kernel refuses the XDP program or its maps; run as root\n", stderr);
    return 1;
  }
  const std::vector<Kind> all = kinds();
  std::vector<std::vector<double>> samples(all.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double took = time_of(program, all[i], repeats);
      if (took <= 0) {
        std::fprintf(stderr, "xdp_program: %s: not what the program is to do\n", all[i].name.c_str());
        return 1;
      }
      samples[i].push_back(took);
    }
  }
  nlohmann::json cases = nlohmann::json::array();
  for (std::size_t i = 0; i < all.size(); ++i)
    cases.push_back({{"packet", all[i].name}, {"samples", samples[i]}});
  std::puts(nlohmann::json{{"unit", "ns"}, {"cases", cases}}.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace quicrx::test

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("usage: xdp_program ROUNDS REPEATS\n", stderr);
    return 2;
  }
  return quicrx::test::run(std::atoi(words[1]), std::atoi(words[2]));
}
