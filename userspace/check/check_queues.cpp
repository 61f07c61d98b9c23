// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "check/subject.h"
#include "net/number_list.h"
#include "xdp/interface_query.h"
#include "xdp/interrupts.h"
#include "xdp/queue_interrupts.h"
#include "xdp/queue_trap.h"
#include "xdp/steering.h"

namespace quicrx {
namespace {

constexpr unsigned kShortRing = 512;

std::string count_of(unsigned count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void check_counts(const Subject& subject, Findings& findings) {
  const Interface& interface = subject.interface;
  // Pairs that an attached program has taken are taken.
  const auto programs = list_programs(interface);
  const auto refused = refuse_spare_pairs(interface);
  if (!refused && programs && programs->empty()) {
    findings.push_back({"queues", Grade::problem, refused.error().message,
                        interface.queues_command(interface.possible_queues)});
    return;
  }
  const std::string text = std::to_string(interface.receive_queues) + " active of " +
                           std::to_string(interface.possible_queues) + " possible";
  findings.push_back({"queues", Grade::good, text});
}

void check_ring(const Subject& subject, Findings& findings) {
  const Interface& interface = subject.interface;
  if (interface.receive_ring_frames == 0) {
    findings.push_back({"nic_ring", Grade::good, "the driver does not tell its size"});
    return;
  }
  const std::string text = count_of(interface.receive_ring_frames, "frame") + " of at most " +
                           std::to_string(interface.possible_ring_frames);
  const bool is_short = interface.receive_ring_frames < kShortRing &&
                        interface.receive_ring_frames < interface.possible_ring_frames;
  findings.push_back(
      is_short ? Finding{"nic_ring", Grade::advice, text + ": a burst overflows it",
                         "ethtool -G " + interface.name + " rx " +
                             std::to_string(std::min(interface.possible_ring_frames, 2 * kShortRing))}
               : Finding{"nic_ring", Grade::good, text});
}

/// The queues to which the NIC's table sends flows; empty where it has no table.
std::set<std::uint32_t> queues_of_flows(InterfaceQuery& query) {
  // The table follows its size: one word of memory an entry.
  constexpr std::size_t kMostEntries = 4096;
  alignas(ethtool_rxfh_indir) std::array<std::uint32_t, sizeof(ethtool_rxfh_indir) / 4 + kMostEntries>
      memory{};
  auto* table = reinterpret_cast<ethtool_rxfh_indir*>(memory.data());
  if (!query.ethtool(ETHTOOL_GRXFHINDIR, *table) || table->size == 0 || table->size > kMostEntries) return {};
  if (!query.ethtool(ETHTOOL_GRXFHINDIR, *table)) return {};
  return {table->ring_index, table->ring_index + table->size};
}

/// Whether the NIC tells UDP flows apart by their ports; nothing where the driver does not say.
std::optional<bool> hashes_ports(InterfaceQuery& query) {
  constexpr std::uint64_t kPorts = RXH_L4_B_0_1 | RXH_L4_B_2_3;
  ethtool_rxnfc fields{};
  fields.flow_type = UDP_V4_FLOW;
  if (!query.ethtool(ETHTOOL_GRXFH, fields)) return std::nullopt;
  return (fields.data & kPorts) == kPorts;
}

/// How flows come to the queues, each of which a worker serves.
void check_spread(const Subject& subject, Findings& findings) {
  const Interface& interface = subject.interface;
  InterfaceQuery query(interface.name);
  const auto queues = queues_of_flows(query);
  ethtool_rxnfc rules{};
  const bool has_rules = query.ethtool(ETHTOOL_GRXCLSRLCNT, rules);
  const bool rules_on =
      has_rules && (query.ethtool<ethtool_value>(ETHTOOL_GFLAGS).data & ETH_FLAG_NTUPLE) != 0;

  findings.push_back({"flow_steering", Grade::good,
                      rules_on    ? "rules can send a port to a queue"
                      : has_rules ? "rules are possible, and off (ntuple)"
                                  : "none"});
  if (interface.receive_queues == 1) {
    findings.push_back({"rss", Grade::good, "one queue has every packet"});
    return;
  }
  if (queues.size() == 1) {
    findings.push_back({"rss", Grade::good, "every flow goes to queue " + std::to_string(*queues.begin())});
    return;
  }
  if (rules_on && rules.rule_cnt > 0) {
    findings.push_back({"rss", Grade::good, count_of(rules.rule_cnt, "rule") + " say where flows go"});
    return;
  }
  const auto spread = queues.empty() ? interface.receive_queues : static_cast<unsigned>(queues.size());
  const std::string text = "flows are spread over " + count_of(spread, "queue");
  if (hashes_ports(query).value_or(true)) {
    findings.push_back({"rss", Grade::good, text + ", each served by a worker"});
  } else {
    const std::string command = "ethtool -N " + interface.name + " rx-flow-hash ";
    findings.push_back({"rss", Grade::advice,
                        text + ", UDP by addresses only: all of one client, or NAT, come to one",
                        command + "udp4 sdfn; " + command + "udp6 sdfn"});
  }
}

/// One that is online and is not the one that is crowded.
std::string another_cpu(const std::string& crowded) {
  return crowded == "0" && sysconf(_SC_NPROCESSORS_ONLN) > 1 ? "1" : "0";
}

/// "38 (queue 0) on CPU 1"
std::string interrupt_text(const Interrupt& interrupt, const std::vector<unsigned>& queues) {
  const std::string of = queues.empty() ? "" : " (" + queues_text(queues) + ")";
  return fmt::format("{}{} on CPU {}", interrupt.number, of, interrupt.cpus.empty() ? "?" : interrupt.cpus);
}

/// Those of the receive queues, or, where they cannot be told from others, all of the device.
void check_interrupts(const Subject& subject, Findings& findings) {
  const auto interrupts = interrupts_of(subject.sysfs, subject.interface.name);
  if (interrupts.empty()) {
    findings.push_back({"interrupts", Grade::good, "none of its own (a virtual device)"});
    return;
  }
  std::map<unsigned, std::vector<unsigned>> queues;  // by interrupt
  for (const auto& [queue, interrupt] : interrupts_of_queues(subject.interface, interrupts))
    queues[interrupt.number].push_back(queue);
  const bool told = !queues.empty();
  std::set<std::string> used;
  std::vector<unsigned> numbers;
  std::string text;
  for (const Interrupt& interrupt : interrupts) {
    if (told && !queues.contains(interrupt.number)) continue;
    used.insert(interrupt.cpus);
    numbers.push_back(interrupt.number);
    text += (text.empty() ? "" : ", ") + interrupt_text(interrupt, queues[interrupt.number]);
  }
  const bool crowded = subject.interface.receive_queues > 1 && numbers.size() > 1 && used.size() == 1 &&
                       !used.begin()->empty() &&
                       used.begin()->find_first_not_of("0123456789") == std::string::npos;
  findings.push_back(crowded ? Finding{"interrupts", Grade::advice, "all on one CPU: " + text,
                                       "echo " + another_cpu(*used.begin()) + " > /proc/irq/" +
                                           std::to_string(numbers.back()) + "/smp_affinity_list"}
                             : Finding{"interrupts", Grade::good, text});
}

void check_busy_polling(const Subject& subject, Findings& findings) {
  const std::string folder = "class/net/" + subject.interface.name + "/";
  const long defer = subject.sysfs.number(folder + "napi_defer_hard_irqs").value_or(0);
  const long timeout = subject.sysfs.number(folder + "gro_flush_timeout").value_or(0);
  findings.push_back({"busy_polling", Grade::good,
                      defer > 0 && timeout > 0
                          ? "set up: napi_defer_hard_irqs " + std::to_string(defer) + ", gro_flush_timeout " +
                                std::to_string(timeout)
                          : "not set up; only 'run --busy-poll' wants it (docs/operations.md)"});
}

}  // namespace

void check_queues(const Subject& subject, Findings& findings) {
  check_counts(subject, findings);
  check_ring(subject, findings);
  check_spread(subject, findings);
  check_interrupts(subject, findings);
  check_busy_polling(subject, findings);
}

}  // namespace quicrx
