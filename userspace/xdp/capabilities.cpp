// SPDX-License-Identifier: MIT
#include "xdp/capabilities.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

namespace quicrx {
namespace {

struct Capability {
  int number;
  const char* name;
};

// NET_ADMIN: to attach XDP programs; NET_RAW: to open an AF_XDP socket; SYS_ADMIN: to load a program and to
// find programs by their number (BPF_PROG_GET_FD_BY_ID), for which CAP_BPF is not enough.
constexpr std::array kNeeded{Capability{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                             Capability{CAP_NET_RAW, "CAP_NET_RAW"},
                             Capability{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}};

// Of what is used always, openat2 and pidfd_getfd came last, in 5.6; SO_PREFER_BUSY_POLL in 5.11. 5.15 is the
// oldest long-term kernel with all of it.
constexpr int kMajor = 5, kMinor = 15;

std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("CapEff:")) return std::stoull(line.substr(7), nullptr, 16);
  return 0;
}

}  // namespace

bool has_capability(int capability) {
  return (effective_capabilities() >> capability & 1) != 0;
}

Result<void> check_capabilities() {
  const std::uint64_t have = effective_capabilities();

  std::string missing;
  for (const auto& [number, name] : kNeeded) {
    if ((have >> number & 1) != 0) continue;
    missing += missing.empty() ? name : std::string(", ") + name;
  }
  if (missing.empty()) return {};
  return fail(ErrorKind::permission, "not permitted: " + missing + " missing; run as root, or grant it");
}

bool is_kernel_at_least(long major, long minor) {
  utsname name{};
  if (uname(&name) != 0) return true;
  char* behind = nullptr;
  const long running_major = std::strtol(name.release, &behind, 10);
  const long running_minor = *behind == '.' ? std::strtol(behind + 1, nullptr, 10) : 0;
  return running_major > major || (running_major == major && running_minor >= minor);
}

Result<void> check_kernel() {
  if (is_kernel_at_least(kMajor, kMinor)) return {};
  utsname name{};
  uname(&name);
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

Result<void> check_machine() {
  return check_kernel().and_then(check_capabilities).and_then(check_bpffs);
}

}  // namespace quicrx
