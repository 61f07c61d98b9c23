// SPDX-License-Identifier: MIT
#include "quic/early_data_guard.h"

#include <limits>
#include <string>

#include "quic/backdated_clock.h"
#include "quic/random.h"

namespace quicrx {
namespace {

constexpr std::size_t kRemembered = 1 << 20;
// When its window is over, GnuTLS forgets what it has named and refuses every ticket that is older: then
// never. The filter remembers for as long as it must without. (Nor does GnuTLS write to what the threads
// share before that.)
constexpr unsigned kWindowMilliseconds = std::numeric_limits<unsigned>::max();

}  // namespace

Result<std::shared_ptr<EarlyDataGuard>> EarlyDataGuard::create() {
  BackdatedClock::install();
  gnutls_anti_replay_t checks = nullptr;
  const BackdatedClock clock;  // as tickets are: those of this process are not older than it
  if (const int error = gnutls_anti_replay_init(&checks); error != 0)
    return fail(ErrorKind::failure, std::string("GnuTLS's guard against replays: ") + gnutls_strerror(error));
  return std::make_shared<EarlyDataGuard>(checks);
}

EarlyDataGuard::EarlyDataGuard(gnutls_anti_replay_t checks)
    : checks_(checks), seen_(random_siphash_key(), kTicketLifetime, kRemembered) {
  gnutls_anti_replay_set_window(checks, kWindowMilliseconds);
  gnutls_anti_replay_set_ptr(checks, this);
  gnutls_anti_replay_set_add_function(
      checks, [](void* guard, time_t, const gnutls_datum_t* name, const gnutls_datum_t*) {
        return static_cast<EarlyDataGuard*>(guard)->first_time(*name) ? 0 : GNUTLS_E_DB_ENTRY_EXISTS;
      });
}

bool EarlyDataGuard::first_time(const gnutls_datum_t& name) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch());
  return !seen_.seen({name.data, name.size}, now);
}

}  // namespace quicrx
