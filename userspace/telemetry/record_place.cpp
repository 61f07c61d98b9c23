// SPDX-License-Identifier: MIT
#include "telemetry/record_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace quicrx {
namespace {

constexpr const char* kSystemRoot = "/run/quicrx";

std::vector<std::string> own_roots() {
  return record_roots(geteuid(), secure_getenv("XDG_RUNTIME_DIR"));
}

/// Whether the folder is there now, and is one to write to.
bool make_own_folder(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return false;
  return is_own_folder(path) && access(path.c_str(), W_OK | X_OK) == 0;
}

std::string in_root(const std::string& root, std::uint64_t namespace_id) {
  return root + "/" + std::to_string(namespace_id);
}

}  // namespace

PollerName name_of(const Interface& interface) {
  return {interface.name, interface.namespace_id};
}

bool is_socket_server(std::string_view name) {
  return name.find(':') != std::string_view::npos;
}

Result<std::uint64_t> this_namespace() {
  struct stat status {};
  if (stat("/proc/self/ns/net", &status) != 0)
    return fail(ErrorKind::failure, std::string("cannot read /proc/self/ns/net: ") + std::strerror(errno));
  return status.st_ino;
}

std::vector<std::string> record_roots(uid_t user, const char* runtime_dir) {
  std::vector<std::string> roots{kSystemRoot};
  if (runtime_dir != nullptr && *runtime_dir == '/') roots.push_back(std::string(runtime_dir) + "/quicrx");
  roots.push_back("/tmp/quicrx-" + std::to_string(user));
  return roots;
}

bool is_own_folder(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::vector<std::string> record_folders(std::uint64_t namespace_id) {
  std::vector<std::string> folders;
  for (const std::string& root : own_roots())
    if (const std::string folder = in_root(root, namespace_id); is_own_folder(root) && is_own_folder(folder))
      folders.push_back(folder);
  return folders;
}

Result<std::string> make_record_folder(std::uint64_t namespace_id) {
  const std::vector<std::string> roots = own_roots();
  for (const std::string& root : roots) {
    const mode_t mode = root == kSystemRoot ? 0755 : 0700;
    const std::string folder = in_root(root, namespace_id);
    // Twice, for a poller that ends takes empty folders away.
    for (int tried = 0; tried < 2; ++tried)
      if (make_own_folder(root, mode) && make_own_folder(folder, mode)) return folder;
  }
  return fail(ErrorKind::permission,
              "no place for the statistics: " + roots.back() +
                  " cannot be made, or is not this user's alone; remove it, or set XDG_RUNTIME_DIR");
}

}  // namespace quicrx
