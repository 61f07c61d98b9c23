// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

namespace quicrx {

/// bind(2), again and again for two seconds while its error is `busy`: the kernel frees what a killed process
/// held some time after the process is gone, a queue of AF_XDP (EBUSY) as a UDP port that an io_uring
/// received on (EADDRINUSE). Zero, or the error. To set up with: it sleeps.
int bind_patiently(int socket, const sockaddr* address, socklen_t bytes, int busy);

}  // namespace quicrx
