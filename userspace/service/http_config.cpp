// SPDX-License-Identifier: MIT
#include "service/http_config.h"

#include <utility>

#include "service/document_root.h"
#include "service/upload.h"

namespace quicrx {
namespace {

/// None for an empty path.
Result<Descriptor> open_named(const HttpFolder& folder) {
  if (folder.path.empty()) return Descriptor();
  auto opened = open_folder(folder.path);
  if (!opened) return fail(opened.error().kind, folder.word + ": " + opened.error().message);
  return opened;
}

}  // namespace

Result<HttpConfig> open_http_folders(const HttpFolder& root, const HttpFolder& upload_dir) {
  HttpConfig config;
  auto opened_root = open_named(root);
  if (!opened_root) return tl::unexpected(opened_root.error());
  auto opened_uploads = open_named(upload_dir);
  if (!opened_uploads) return tl::unexpected(opened_uploads.error());
  config.root = std::move(*opened_root);
  config.upload_dir = std::move(*opened_uploads);
  if (config.upload_dir) remove_abandoned_uploads(config.upload_dir);
  return config;
}

}  // namespace quicrx
