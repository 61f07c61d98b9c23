// SPDX-License-Identifier: MIT
/// Where pollers leave their records. A user makes, and is shown, only their own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx {

/// Who is recorded: an interface by its name, or a server by sockets alone, "udp:443" or "udp:[::1]:443" (no
/// interface's name has a colon). Names repeat across network namespaces.
struct PollerName {
  std::string text;
  std::uint64_t namespace_id = 0;
};

PollerName name_of(const Interface& interface);
bool is_socket_server(std::string_view name);
/// The inode of this process's network namespace.
Result<std::uint64_t> this_namespace();

/// What the user of this number may have records in, the best first: /run/quicrx, which is root's as a rule,
/// `runtime_dir`/quicrx where there is such a thing (XDG_RUNTIME_DIR), /tmp/quicrx-UID.
std::vector<std::string> record_roots(uid_t user, const char* runtime_dir);
/// A folder, not a link to one, that belongs to this user and that nobody else may write to: what lies in
/// /tmp may be anybody's.
bool is_own_folder(const std::string& path);

/// The folders of a namespace that are there, and this user's own.
std::vector<std::string> record_folders(std::uint64_t namespace_id);
/// Makes the one that records of this user go to.
Result<std::string> make_record_folder(std::uint64_t namespace_id);

}  // namespace quicrx
