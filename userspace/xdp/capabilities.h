// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/result.h"

namespace quicrx {

/// Has this process what loading XDP programs and opening AF_XDP sockets takes? The error names what is
/// missing.
Result<void> check_capabilities();

/// Whether this process has a capability (CAP_...) now.
bool has_capability(int capability);

bool is_kernel_at_least(long major, long minor);

/// Is this kernel new enough? The error names the version needed.
Result<void> check_kernel();

/// Is a bpffs mounted at /sys/fs/bpf? The error names the command that mounts it.
Result<void> check_bpffs();

/// Kernel, privileges and bpffs, in the order in which a user can mend them.
Result<void> check_machine();

}  // namespace quicrx
