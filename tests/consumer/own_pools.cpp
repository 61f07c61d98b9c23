// SPDX-License-Identifier: MIT
/// A file server that brings its own pools: every connection sends from one of its own.
///
///   own_pools af-xdp IFACE PORT CERTIFICATE KEY ROOT | own_pools socket|io_uring ADDRESS PORT ...
///
/// Serves HTTP/3 until its standard input ends, then prints what it did.
#include <arpa/inet.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quicrx/pool_conformance.h"
#include "quicrx/server.h"
#include "quicrx/services.h"
#include "quicrx/socket_port.h"
#include "quicrx/version.h"
#include "quicrx/xdp_port.h"
#include "stack_pool.h"

namespace {

/// A pool a connection, used again when its connection is gone and its frames are back.
class OwnPools final : public quicrx::PoolPolicy {
 public:
  quicrx::ConnectionFrames begin(const quicrx::SocketAddress&) override {
    StackPool* pool = nullptr;
    for (auto& [candidate, busy] : pools_)
      if (!busy && candidate->count().held == 0) pool = candidate.get();
    if (pool == nullptr) {
      const auto id = static_cast<quicrx::PoolId>(quicrx::kFirstUserPool + pools_.size());
      pool = pools_.emplace_back(std::make_unique<StackPool>(id, 64, 1600, 0), false).first.get();
    }
    mark(pool, true);
    return {.send = {.pool = pool, .frames = 32}, .hold = {}};
  }
  void end(const quicrx::ConnectionFrames& frames) override { mark(frames.send.pool, false); }

  [[nodiscard]] std::size_t pools() const { return pools_.size(); }
  [[nodiscard]] std::size_t frames_out() const {
    std::size_t out = 0;
    for (const auto& [pool, busy] : pools_) out += pool->count().held;
    return out;
  }

 private:
  void mark(const quicrx::FramePool* pool, bool busy) {
    for (auto& [candidate, is_busy] : pools_)
      if (candidate.get() == pool) is_busy = busy;
  }

  std::vector<std::pair<std::unique_ptr<StackPool>, bool>> pools_;
};

quicrx::Result<std::unique_ptr<quicrx::PollablePort>> open(const std::string& kind, const char* place,
                                                           std::uint16_t udp_port) {
  if (kind == "af-xdp") return quicrx::open_xdp_port({.interface = place, .udp_port = udp_port});
  in_addr ip{};
  if (inet_pton(AF_INET, place, &ip) != 1)
    return quicrx::fail(quicrx::ErrorKind::usage, std::string(place) + " is no IPv4 address");
  const quicrx::Bytes bytes(reinterpret_cast<const std::uint8_t*>(&ip), sizeof(ip));
  const quicrx::SocketPortOptions options{.listen = {bytes, udp_port}};
  return kind == "io_uring" ? quicrx::open_uring_port(options) : quicrx::open_socket_port(options);
}

int fail(const std::string& message) {
  std::fprintf(stderr, "own_pools: %s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7 || quicrx::version() != quicrx::kVersion) return 2;
  StackPool tried(quicrx::kFirstUserPool, 40, 1600, 16);
  for (const std::string& violation : quicrx::check_conformance(tried)) return fail(violation);

  const auto port = open(argv[1], argv[2], static_cast<std::uint16_t>(std::stoul(argv[3])));
  if (!port) return fail(port.error().message);

  const auto http = quicrx::make_h3_service({.root = argv[6]});
  if (!http) return fail(http.error().message);
  OwnPools pools;
  {
    const auto server = quicrx::Server::create(
        **port,
        {.certificate_file = argv[4], .key_file = argv[5], .services = {http->get()}, .pools = &pools});
    if (!server) return fail(server.error().message);
    std::printf("ready\n");
    std::fflush(stdout);
    if (const auto ran = (*server)->run(STDIN_FILENO); !ran) return fail(ran.error().message);
    const quicrx::ServerStatistics did = (*server)->statistics();
    std::printf("%llu connections, %llu bytes sent\n", static_cast<unsigned long long>(did.accepted),
                static_cast<unsigned long long>(did.stream_bytes_sent));
  }
  while ((*port)->frames_in_transmit() > 0) (*port)->flush();
  std::printf("%zu pools, %zu frames out\n", pools.pools(), pools.frames_out());
  return 0;
}
