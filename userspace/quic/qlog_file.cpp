// SPDX-License-Identifier: MIT
#include "quic/qlog_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace quicrx {

Result<void> check_qlog_is_safe(int version) {
  constexpr int kFixed = 0x011601;  // 1.22.1
  if (version >= kFixed) return {};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%d.%d.%d", version >> 16 & 0xff, version >> 8 & 0xff,
                version & 0xff);
  return fail(ErrorKind::unsupported,
              std::string("qlog: refused with ngtcp2 ") + text.data() +
                  ": a peer could overflow its stack (CVE-2026-40170); 1.22.1 or later "
                  "is needed");
}

std::unique_ptr<QlogFile> QlogFile::create(const std::string& folder, const ngtcp2_cid& id) {
  std::string path = folder + "/";
  for (std::size_t i = 0; i < id.datalen; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", id.data[i]);
    path += digits.data();
  }
  path += ".sqlog";
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  return file ? std::make_unique<QlogFile>(std::move(file)) : nullptr;
}

void QlogFile::write(Bytes part) {
  // For debugging: what the disk does not take is missing in the log, and nowhere else.
  if (::write(file_.get(), part.data(), part.size()) < 0) file_ = Descriptor();
}

}  // namespace quicrx
