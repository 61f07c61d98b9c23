// SPDX-License-Identifier: MIT
#include "service/upload.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>
#include <random>
#include <vector>

namespace quicrx {
namespace {

constexpr std::string_view kPrefix = ".quicrx-";
constexpr std::string_view kSuffix = ".part";
constexpr mode_t kMode = 0644;

std::string temporary_name() {
  std::random_device random;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x%08x", random(), random());
  return std::string(kPrefix) + digits.data() + std::string(kSuffix);
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= NAME_MAX && !name.starts_with('.') &&
         name.find('/') == std::string_view::npos;
}

HttpStatus status_of(int error) {
  return error == ENOSPC || error == EDQUOT ? HttpStatus::insufficient_storage : HttpStatus::internal_error;
}

}  // namespace

tl::expected<Upload, HttpStatus> Upload::begin(const Descriptor& folder, std::string_view name) {
  if (!is_plain_name(name)) return tl::unexpected(HttpStatus::bad_request);
  std::string temporary = temporary_name();
  Descriptor file(
      openat(folder.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file) return tl::unexpected(errno == EACCES ? HttpStatus::forbidden : status_of(errno));
  flock(file.get(), LOCK_EX | LOCK_NB);
  return Upload(folder.get(), std::string(name), std::move(temporary), std::move(file));
}

Upload::Upload(Upload&& other) noexcept
    : folder_(other.folder_),
      name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::move(other.file_)),
      bytes_(other.bytes_) {}

Upload::~Upload() {
  if (!temporary_.empty()) unlinkat(folder_, temporary_.c_str(), 0);
}

tl::expected<void, HttpStatus> Upload::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0) return tl::unexpected(status_of(errno));
    bytes_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

std::optional<Validators> Upload::replaces() const {
  struct stat status {};
  if (fstatat(folder_, name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return validators_of(status, std::time(nullptr));
}

tl::expected<void, HttpStatus> Upload::commit() {
  if (renameat(folder_, temporary_.c_str(), folder_, name_.c_str()) != 0)
    return tl::unexpected(errno == EISDIR ? HttpStatus::forbidden : status_of(errno));
  temporary_.clear();
  return {};
}

void remove_abandoned_uploads(const Descriptor& folder) {
  const int readable = openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (readable < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(readable), closedir);
  if (!entries) return;
  std::vector<std::string> found;
  while (const dirent* entry = readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) found.emplace_back(name);
  }
  for (const std::string& name : found) {
    const Descriptor file(openat(folder.get(), name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file && flock(file.get(), LOCK_EX | LOCK_NB) == 0) unlinkat(folder.get(), name.c_str(), 0);
  }
}

}  // namespace quicrx
