// SPDX-License-Identifier: MIT
#include "quicrx/services.h"

#include <utility>

#include "service/document_root.h"
#include "service/echo_service.h"
#include "service/h3_service.h"
#include "service/hq_service.h"
#include "service/perf_service.h"
#include "service/upload.h"

namespace quicrx {
namespace {

Result<HttpConfig> config_of(const HttpOptions& options) {
  HttpConfig config;
  config.max_upload_bytes = options.max_upload_bytes;
  if (!options.root.empty()) {
    auto folder = open_folder(options.root);
    if (!folder) return fail(folder.error().kind, "root: " + folder.error().message);
    config.root = std::move(*folder);
  }
  if (!options.upload_dir.empty()) {
    auto folder = open_folder(options.upload_dir);
    if (!folder) return fail(folder.error().kind, "upload_dir: " + folder.error().message);
    config.upload_dir = std::move(*folder);
    remove_abandoned_uploads(config.upload_dir);
  }
  return config;
}

/// With the configuration that it refers to.
template <typename HttpService>
class OwningService final : public Service {
 public:
  explicit OwningService(HttpConfig config) : config_(std::move(config)), service_(config_) {}

  [[nodiscard]] std::string_view alpn() const override { return service_.alpn(); }
  [[nodiscard]] std::unique_ptr<Session> accept(StreamControl& connection) override {
    return service_.accept(connection);
  }

 private:
  HttpConfig config_;
  HttpService service_;
};

template <typename HttpService>
Result<std::unique_ptr<Service>> make(const HttpOptions& options) {
  return config_of(options).map([](HttpConfig&& config) -> std::unique_ptr<Service> {
    return std::make_unique<OwningService<HttpService>>(std::move(config));
  });
}

}  // namespace

Result<std::unique_ptr<Service>> make_h3_service(const HttpOptions& options) {
  return make<H3Service>(options);
}

Result<std::unique_ptr<Service>> make_hq_service(const HttpOptions& options) {
  return make<HqService>(options);
}

std::unique_ptr<Service> make_echo_service() {
  return std::make_unique<EchoService>();
}

std::unique_ptr<Service> make_perf_service() {
  return std::make_unique<PerfService>();
}

}  // namespace quicrx
