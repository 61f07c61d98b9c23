// SPDX-License-Identifier: MIT
#include "xdp/capabilities.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace quicrx {
namespace {

struct Capability {
  int number;
  const char* name;
};

// BPF and PERFMON: to load programs and maps; NET_ADMIN: to attach; NET_RAW: to open an AF_XDP socket.
constexpr std::array kNeeded{Capability{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                             Capability{CAP_NET_RAW, "CAP_NET_RAW"}, Capability{CAP_BPF, "CAP_BPF"},
                             Capability{CAP_PERFMON, "CAP_PERFMON"}};

// pidfd_getfd (stats of a hung poller) and XDP sockets with need-wakeup: the former came last, in 5.6. BPF's
// CAP_BPF came in 5.8, SO_PREFER_BUSY_POLL in 5.11; 5.15 is the oldest long-term kernel with all of it.
constexpr int kMajor = 5, kMinor = 15;

std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("CapEff:")) return std::stoull(line.substr(7), nullptr, 16);
  return 0;
}

}  // namespace

Result<void> check_capabilities() {
  const std::uint64_t have = effective_capabilities();
  // CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON (capabilities(7)).
  const bool admin = (have >> CAP_SYS_ADMIN & 1) != 0;
  std::string missing;
  for (const auto& [number, name] : kNeeded) {
    if ((have >> number & 1) != 0 || (admin && (number == CAP_BPF || number == CAP_PERFMON))) continue;
    missing += missing.empty() ? name : std::string(", ") + name;
  }
  if (missing.empty()) return {};
  return fail(ErrorKind::permission, "not permitted: " + missing + " missing; run as root, or grant it");
}

Result<void> check_kernel() {
  utsname name{};
  int major = 0, minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return {};
  if (major > kMajor || (major == kMajor && minor >= kMinor)) return {};
  return fail(ErrorKind::unsupported, std::string("Linux ") + name.release + " is too old; " +
                                          std::to_string(kMajor) + "." + std::to_string(kMinor) +
                                          " or later is needed");
}

Result<void> check_bpffs() {
  struct statfs status {};
  if (statfs("/sys/fs/bpf", &status) == 0 && status.f_type == BPF_FS_MAGIC) return {};
  return fail(ErrorKind::unsupported,
              "no bpffs at /sys/fs/bpf; mount it with 'mount -t bpf bpf /sys/fs/bpf'");
}

}  // namespace quicrx
