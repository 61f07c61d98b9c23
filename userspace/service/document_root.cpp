// SPDX-License-Identifier: MIT
#include "service/document_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "service/content_type.h"
#include "service/entity_tag.h"

namespace quicrx {
namespace {

Descriptor open_in(int folder, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return Descriptor(static_cast<int>(syscall(SYS_openat2, folder, path, &how, sizeof(how))));
}

/// EXDEV: the path leaves the root. It is told from a missing file to nobody.
HttpStatus status_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return HttpStatus::forbidden;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return HttpStatus::unavailable;
    default:
      return HttpStatus::not_found;
  }
}

}  // namespace

Result<Descriptor> open_folder(const std::string& path) {
  Descriptor folder(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder) return folder;
  const ErrorKind kind = errno == EACCES ? ErrorKind::permission : ErrorKind::not_found;
  return fail(kind, "folder " + path + ": " + std::strerror(errno));
}

std::string decode_path(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  std::string path;
  path.reserve(target.size());
  for (std::size_t i = 0; i < target.size(); ++i) {
    char c = target[i];
    if (c == '%') {
      unsigned char value = 0;
      if (target.size() - i < 3) return {};
      const auto [end, error] = std::from_chars(target.data() + i + 1, target.data() + i + 3, value, 16);
      if (error != std::errc() || end != target.data() + i + 3) return {};
      c = static_cast<char>(value);
      i += 2;
    }
    if (c == '\0') return {};
    path.push_back(c);
  }
  return path.starts_with('/') ? path : std::string();
}

Validators validators_of(const struct stat& status, std::time_t now) {
  return {entity_tag_of(status), std::min<std::time_t>(status.st_mtim.tv_sec, now)};
}

tl::expected<OpenFile, HttpStatus> open_beneath(const Descriptor& root, std::string_view request_path) {
  std::string relative =
      "./" + std::string(request_path.substr(std::min<std::size_t>(1, request_path.size())));
  // O_NONBLOCK: a FIFO that lies there must not hold us up before it is found to be no file.
  const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  Descriptor file = open_in(root.get(), relative.c_str(), flags);
  struct stat status {};
  if (file && fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    relative += "/index.html";
    file = open_in(root.get(), relative.c_str(), flags);
  }
  if (!file) return tl::unexpected(status_of(errno));
  if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return tl::unexpected(HttpStatus::not_found);
  return OpenFile{.descriptor = std::move(file),
                  .bytes = static_cast<std::uint64_t>(status.st_size),
                  .content_type = content_type_of(relative),
                  .validators = validators_of(status, std::time(nullptr))};
}

}  // namespace quicrx
