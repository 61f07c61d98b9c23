// SPDX-License-Identifier: MIT
/// The XDP program's decision, compiled for user space, against the program itself in the kernel
/// (BPF_PROG_TEST_RUN), and against the parser that reads what the program redirects. Needs root.
///
/// Input: a byte of switches, a byte that says where the frame's first buffer ends, the frame.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <vector>

#include "frame/descriptor.h"
#include "input.h"
#include "net/headers.h"
#include "require.h"
#include "steer_in_user_space.h"

// After the types that it names.
#include "steer.skel.h"

namespace quicrx::fuzz {
namespace {

constexpr std::uint8_t kAnyAddress = 1, kPassInvalid = 2, kSocket = 4, kSeveralBuffers = 8;
constexpr std::size_t kEthernetBytes = 14;  // the least that the kernel takes for a test run
constexpr std::size_t kMaxFrame = 3000;     // fits the page of a test run

// As in tests/bpf.
constexpr steer_rules kRules{.config = {.flags = 0, .mac = {2, 0, 0, 0, 0, 1}, .unused = {}},
                             .port = 4433,
                             .address4 = {192, 0, 2, 1},
                             .address6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

/// The program, loaded.
class Program {
 public:
  explicit Program(bool several_buffers) : skeleton_(steer_bpf::open(), steer_bpf::destroy) {
    skeleton_->rodata->quicrx_constants.multi_buffer = several_buffers ? 1 : 0;
    if (several_buffers) bpf_program__set_flags(skeleton_->progs.quicrx_steer, BPF_F_XDP_HAS_FRAGS);
    require(steer_bpf::load(skeleton_.get()) == 0, "the program loads (as root)");
    auto ports = std::make_unique<quicrx_port_set>();
    ports->word[kRules.port >> 6] |= std::uint64_t{1} << (kRules.port & 63);
    set(skeleton_->maps.quicrx_ports, 0u, *ports);
    quicrx_prefix4 four{.prefix_bits = 32, .address = {}};
    std::ranges::copy(kRules.address4, four.address);
    set(skeleton_->maps.quicrx_prefix4, four, std::uint8_t{1});
    quicrx_prefix6 six{.prefix_bits = 128, .address = {}};
    std::ranges::copy(kRules.address6, six.address);
    set(skeleton_->maps.quicrx_prefix6, six, std::uint8_t{1});
  }

  /// Runs a frame of which the first buffer ends after `linear` bytes; returns the action.
  std::uint32_t run(Bytes frame, std::size_t linear, const quicrx_config& config, bool socket) {
    set(skeleton_->maps.quicrx_config, 0u, config);
    if (socket != has_socket_) set_socket(socket);
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.size());
    xdp_md context{};
    context.data_end = static_cast<std::uint32_t>(linear);
    if (linear < frame.size()) {
      options.ctx_in = &context;
      options.ctx_size_in = sizeof(context);
    }
    require(bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.quicrx_steer), &options) == 0,
            "the kernel runs the program");
    return options.retval;
  }

  /// What the last run counted.
  quicrx_counters counted() {
    const std::uint32_t zero = 0;
    bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.quicrx_counters), &zero, by_cpu_.data());
    quicrx_counters difference{};
    for (std::size_t i = 0; i < QUICRX_COUNTERS; ++i) {
      std::uint64_t sum = 0;
      for (const auto& one : by_cpu_) sum += one.value[i];
      difference.value[i] = sum - before_.value[i];
      before_.value[i] = sum;
    }
    return difference;
  }

 private:
  template <typename Key, typename Value>
  static void set(bpf_map* map, const Key& key, const Value& value) {
    require(bpf_map_update_elem(bpf_map__fd(map), &key, &value, BPF_ANY) == 0, "a map is set");
  }

  void set_socket(bool wanted) {
    const std::uint32_t queue = 0;
    const int fd = socket_.get();
    const int map = bpf_map__fd(skeleton_->maps.quicrx_xsks);
    require((wanted ? bpf_map_update_elem(map, &queue, &fd, BPF_ANY) : bpf_map_delete_elem(map, &queue)) == 0,
            "the socket is set");
    has_socket_ = wanted;
  }

  std::unique_ptr<steer_bpf, decltype(&steer_bpf::destroy)> skeleton_;
  Descriptor socket_{::socket(AF_XDP, SOCK_RAW, 0)};
  bool has_socket_ = false;
  std::vector<quicrx_counters> by_cpu_{static_cast<std::size_t>(libbpf_num_possible_cpus())};
  quicrx_counters before_{};
};

std::uint32_t action_of(int verdict) {
  if (verdict == QUICRX_REDIRECTED) return XDP_REDIRECT;
  return verdict == QUICRX_DROP_NOT_QUIC ? XDP_DROP : XDP_PASS;
}

/// What is redirected must be readable, and read alike, by whoever takes it from the socket.
void compare_with_parse_frame(Bytes frame, const steer_decision& decision) {
  const auto parsed = parse_frame(frame);
  require(parsed.has_value(), "parse_frame reads what XDP redirects");
  const std::size_t address_bytes = decision.ip_version == 4 ? 4 : 16;
  require(
      parsed->local == SocketAddress(Bytes(decision.destination, address_bytes), decision.destination_port),
      "the same destination");
  require(parsed->payload_offset == decision.payload_offset, "the payload at the same place");
  require(parsed->payload_bytes == decision.payload_bytes, "as much payload");
}

void run_one(Input input) {
  static Program one_buffer(false), several_buffers(true);
  const std::uint8_t switches = input.u8();
  const std::size_t first_buffer = kEthernetBytes + input.u8();
  const Bytes given = input.take(kMaxFrame);
  if (given.size() < kEthernetBytes) return;
  const bool several = (switches & kSeveralBuffers) != 0;
  const std::size_t linear = several ? std::min(given.size(), first_buffer) : given.size();
  steer_rules rules = kRules;
  rules.config.flags = ((switches & kAnyAddress) != 0 ? QUICRX_ANY_ADDRESS : 0u) |
                       ((switches & kPassInvalid) != 0 ? QUICRX_PASS_INVALID : 0u);
  const bool socket = (switches & kSocket) != 0;

  // Memory that ends where the first buffer does, for AddressSanitizer to watch.
  const std::vector<std::uint8_t> visible(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(linear));
  quicrx_counters expected{};
  steer_decision decision = steer_in_user_space(visible.data(), static_cast<std::uint32_t>(linear),
                                                static_cast<std::uint32_t>(given.size()), &rules, &expected);
  if (decision.verdict == QUICRX_REDIRECTED) {
    compare_with_parse_frame(std::vector<std::uint8_t>(given.begin(), given.end()), decision);
    if (!socket) {
      std::swap(expected.value[QUICRX_REDIRECTED], expected.value[QUICRX_PASS_NO_SOCKET]);
      decision.verdict = QUICRX_PASS_NO_SOCKET;
    }
  }

  Program& program = several ? several_buffers : one_buffer;
  const std::uint32_t action = program.run(given, linear, rules.config, socket);
  require(action == action_of(decision.verdict), "the program in the kernel does the same");
  const quicrx_counters counted = program.counted();
  require(std::ranges::equal(counted.value, expected.value), "and counts the same");
}

}  // namespace
}  // namespace quicrx::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  quicrx::fuzz::run_one({data, bytes});
  return 0;
}
