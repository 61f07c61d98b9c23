// SPDX-License-Identifier: MIT
#include "xdp/net_sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace quicrx {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

Descriptor mount_detached() {
  const Descriptor context(fsopen("sysfs", FSOPEN_CLOEXEC));
  if (!context || fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return {};
  return Descriptor(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
}

}  // namespace

NetSysfs::NetSysfs() : root_(mount_detached()) {
  if (!root_) root_ = Descriptor(open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::optional<std::string> NetSysfs::read(const std::string& path) const {
  const Descriptor file(openat(root_.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 4096> text{};
  const ssize_t bytes = ::read(file.get(), text.data(), text.size());
  if (bytes < 0) return std::nullopt;
  std::string value(text.data(), static_cast<std::size_t>(bytes));
  if (value.ends_with('\n')) value.pop_back();
  return value;
}

std::optional<long> NetSysfs::number(const std::string& path) const {
  const auto text = read(path);
  if (!text || text->empty()) return std::nullopt;
  return std::strtol(text->c_str(), nullptr, 0);
}

std::vector<std::string> NetSysfs::names(const std::string& path) const {
  std::vector<std::string> found;
  const int opened = openat(root_.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> folder(opened < 0 ? nullptr : fdopendir(opened));
  if (!folder) return found;
  while (const dirent* entry = readdir(folder.get()))
    if (entry->d_name[0] != '.') found.emplace_back(entry->d_name);
  std::ranges::sort(found);
  return found;
}

std::optional<std::string> NetSysfs::link_name(const std::string& path) const {
  std::array<char, 4096> target{};
  const ssize_t bytes = readlinkat(root_.get(), path.c_str(), target.data(), target.size());
  if (bytes < 0) return std::nullopt;
  return std::filesystem::path(std::string(target.data(), static_cast<std::size_t>(bytes))).filename();
}

}  // namespace quicrx
