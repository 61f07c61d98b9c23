// SPDX-License-Identifier: MIT
#include "quic/early_data_guard.h"

#include <ctime>

#include "quic/random.h"

namespace quicrx {
namespace {

constexpr std::chrono::seconds kWindow{10};  // within which a ClientHello must arrive; RFC 8446 section 8.3
constexpr std::size_t kRemembered = 1 << 18;

}  // namespace

std::unique_ptr<EarlyDataGuard> EarlyDataGuard::create() {
  gnutls_anti_replay_t checks = nullptr;
  if (gnutls_anti_replay_init(&checks) != 0) return nullptr;
  return std::make_unique<EarlyDataGuard>(checks);
}

EarlyDataGuard::EarlyDataGuard(gnutls_anti_replay_t checks)
    : checks_(checks), seen_(random_siphash_key(), 2 * kWindow, kRemembered) {
  gnutls_anti_replay_set_window(checks, std::chrono::milliseconds(kWindow).count());
  gnutls_anti_replay_set_ptr(checks, &seen_);
  gnutls_anti_replay_set_add_function(
      checks, [](void* seen, time_t, const gnutls_datum_t* name, const gnutls_datum_t*) {
        const std::chrono::seconds now{std::time(nullptr)};
        const bool again = static_cast<ReplayFilter*>(seen)->seen({name->data, name->size}, now);
        return again ? GNUTLS_E_DB_ENTRY_EXISTS : 0;
      });
}

}  // namespace quicrx
