// SPDX-License-Identifier: MIT
#include "site.h"

#include <unistd.h>

#include <fstream>

#include "require.h"
#include "service/document_root.h"

namespace quicrx::fuzz {

namespace files = std::filesystem;

Site::Site() : folder_(files::temp_directory_path() / ("quicrx-fuzz-" + std::to_string(getpid()))) {
  files::create_directories(folder_ / "root");
  files::create_directories(folder_ / "upload");
  std::ofstream(folder_ / "root" / "index.html") << "<p>hello\n";
  std::ofstream(folder_ / "root" / "empty");
  std::ofstream(folder_ / "root" / "large") << std::string(150'000, 'x');
  auto root = open_folder(folder_ / "root");
  auto upload = open_folder(folder_ / "upload");
  require(root && upload, "the folders can be opened");
  config_.root = std::move(*root);
  config_.upload_dir = std::move(*upload);
  config_.max_upload_bytes = 4096;
}

Site::~Site() {
  std::error_code ignored;
  files::remove_all(folder_, ignored);
}

void Site::clean() {
  for (const auto& entry : files::directory_iterator(folder_ / "upload")) files::remove(entry.path());
}

}  // namespace quicrx::fuzz
