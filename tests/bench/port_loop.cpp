// SPDX-License-Identifier: MIT
/// Row 1's subject: the library's AF_XDP port, a handler that looks at each datagram, and frames that go
/// back.
///
///   port_loop INTERFACE PORT
#include <poll.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "floors/floor.h"
#include "quicrx/xdp_port.h"

namespace quicrx::bench {
namespace {

Timestamp now() {
  return std::chrono::steady_clock::now();
}

void serve(PollablePort& port, tally& tally, const sigset_t& mask) {
  std::array<Datagram, kBatch> batch;
  pollfd waiting{.fd = port.descriptor(), .events = POLLIN, .revents = 0};
  while (ended == 0) {
    const std::size_t got = port.receive(batch, now());
    for (std::size_t i = 0; i < got; ++i) {
      const Frame frame = std::move(batch[i].frame);
      const auto payload = frame.payload();
      look_at(&tally, reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size());
    }
    tally.turns += got == 0 ? 0 : 1;
    port.flush();
    if (got == 0 && !port.has_received()) ppoll(&waiting, 1, nullptr, &mask);
  }
}

}  // namespace
}  // namespace quicrx::bench

int main(int count, char** words) {
  if (count != 3) return 2;
  auto port = quicrx::open_xdp_port({.interface = words[1],
                                     .udp_port = static_cast<std::uint16_t>(std::atoi(words[2])),
                                     .any_payload = true});
  if (!port) {
    std::fprintf(stderr, "port_loop: %s\n", port.error().message.c_str());
    return 1;
  }
  tally tally{};
  const sigset_t mask = end_by_sigterm();
  say_ready();
  quicrx::bench::serve(**port, tally, mask);
  say(&tally);
  return 0;
}
