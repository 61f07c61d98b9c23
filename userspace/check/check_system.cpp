// SPDX-License-Identifier: MIT
#include <bpf/bpf.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <string>

#include "check/subject.h"
#include "frame/descriptor.h"
#include "telemetry/record.h"
#include "xdp/capabilities.h"
#include "xdp/umem_plan.h"

namespace quicrx {
namespace {

constexpr std::uint64_t kHugePageBytes = std::uint64_t{2} << 20;

void check_kernel_version(Findings& findings) {
  utsname name{};
  uname(&name);
  const std::string release = std::string("Linux ") + name.release;
  if (const auto checked = check_kernel(); !checked) {
    findings.push_back({"kernel", Grade::problem, checked.error().message});
  } else if (!is_kernel_at_least(6, 6)) {
    findings.push_back({"kernel", Grade::advice,
                        release + ": jumbo frames want 6.6, zero copy on virtio_net 6.13, on igb 6.14"});
  } else {
    findings.push_back({"kernel", Grade::good, release});
  }
}

void check_privileges(Findings& findings) {
  const auto checked = check_capabilities();
  findings.push_back(
      checked ? Finding{"capabilities", Grade::good, "all that load and run need"}
              : Finding{"capabilities", Grade::problem, checked.error().message, "sudo quicrx check ..."});
  const auto mounted = check_bpffs();
  findings.push_back(mounted ? Finding{"bpffs", Grade::good, "mounted at /sys/fs/bpf"}
                             : Finding{"bpffs", Grade::problem, "not mounted at /sys/fs/bpf",
                                       "mount -t bpf bpf /sys/fs/bpf"});
}

/// Whether the kernel compiles programs, asked with the smallest one: /proc/sys does not tell in every
/// namespace.
void check_jit(Findings& findings) {
  const std::array<bpf_insn, 2> pass{
      bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = XDP_PASS},
      bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  const Descriptor program(
      bpf_prog_load(BPF_PROG_TYPE_XDP, "quicrx_check", "GPL", pass.data(), pass.size(), nullptr));
  if (!program) {
    findings.push_back({"jit", Grade::problem, "no XDP program can be loaded", "sudo quicrx check ..."});
    return;
  }
  bpf_prog_info info{};
  std::uint32_t bytes = sizeof(info);
  bpf_obj_get_info_by_fd(program.get(), &info, &bytes);
  findings.push_back(info.jited_prog_len != 0 ? Finding{"jit", Grade::good, "XDP programs are compiled"}
                                              : Finding{"jit", Grade::problem,
                                                        "XDP programs are interpreted: several times slower",
                                                        "sysctl -w net.core.bpf_jit_enable=1"});
}

bool poller_has_huge_pages(const Interface& interface) {
  return std::ranges::any_of(recorded_queues(name_of(interface)), [&](std::uint32_t queue) {
    const auto record = Record::open(name_of(interface), queue);
    return record && (*record)->alive() && (*record)->header().huge_pages != 0;
  });
}

void check_memory(const Subject& subject, std::uint64_t umem_bytes, Findings& findings) {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  const std::string wanted = std::to_string(umem_bytes >> 20) + " MiB a queue";
  if (has_capability(CAP_IPC_LOCK) || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= umem_bytes) {
    findings.push_back({"memory_lock", Grade::good, "enough for a UMEM of " + wanted});
  } else {
    findings.push_back({"memory_lock", Grade::problem,
                        std::to_string(limit.rlim_cur >> 10) + " KiB may be locked; a UMEM takes " + wanted,
                        "ulimit -l unlimited"});
  }
  if (poller_has_huge_pages(subject.interface)) {
    findings.push_back({"huge_pages", Grade::good, "a poller's UMEM is on them"});
    return;
  }
  const long needed = static_cast<long>((umem_bytes + kHugePageBytes - 1) / kHugePageBytes);
  const std::string folder = "kernel/mm/hugepages/hugepages-2048kB/";
  const long free = subject.sysfs.number(folder + "free_hugepages").value_or(0);
  const long all = subject.sysfs.number(folder + "nr_hugepages").value_or(0);
  findings.push_back(free >= needed
                         ? Finding{"huge_pages", Grade::good,
                                   std::to_string(free) + " free, a UMEM takes " + std::to_string(needed)}
                         : Finding{"huge_pages", Grade::advice,
                                   std::to_string(free) + " free; " + std::to_string(needed) +
                                       " would hold a queue's UMEM and save TLB misses",
                                   "sysctl -w vm.nr_hugepages=" + std::to_string(all - free + needed)});
}

}  // namespace

void check_system(const Subject& subject, Findings& findings) {
  check_kernel_version(findings);
  check_privileges(findings);
  check_jit(findings);
  const auto plan = plan_umem(subject.interface, subject.features, {});
  check_memory(subject, plan ? plan->umem_bytes() : std::uint64_t{16} << 20, findings);
}

}  // namespace quicrx
