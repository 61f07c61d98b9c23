// SPDX-License-Identifier: MIT
#include "quicrx/services.h"

#include <utility>

#include "service/echo_service.h"
#include "service/h3_service.h"
#include "service/hq_service.h"
#include "service/perf_service.h"

namespace quicrx {
namespace {

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
  auto config = open_http_folders({"root", options.root}, {"upload_dir", options.upload_dir});
  if (!config) return tl::unexpected(config.error());
  config->max_upload_bytes = options.max_upload_bytes;
  return std::make_unique<OwningService<HttpService>>(std::move(*config));
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
