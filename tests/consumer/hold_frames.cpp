// SPDX-License-Identifier: MIT
/// Holding datagrams: what arrives stays in the frames it arrived in, goes to a second thread as a tag, and
/// is released there whenever that thread likes. No QUIC.
///
///   hold_frames af-xdp IFACE PORT COUNT | hold_frames socket|io_uring ADDRESS PORT COUNT
///
/// Receives COUNT datagrams of any payload and prints what the second thread saw.
#include <arpa/inet.h>
#include <poll.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "quicrx/socket_port.h"
#include "quicrx/xdp_port.h"

namespace {

using OpenedPort = quicrx::Result<std::unique_ptr<quicrx::PollablePort>>;

/// A frame on its way between threads: an integer, as it could also go through a ring or a C callback.
struct Held {
  quicrx::FramePool* pool;
  quicrx::Tag tag;
  quicrx::Bytes payload;
};

/// The second thread: keeps what it gets for a while, reads it, lets go.
class Keeper {
 public:
  explicit Keeper(std::size_t expected) : expected_(expected), thread_([this] { work(); }) {}
  ~Keeper() { thread_.join(); }

  void take(Held held) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(held);
    arrived_.notify_one();
  }

 private:
  void work() {
    std::vector<Held> kept;
    std::uint64_t bytes = 0, sum = 0;
    std::size_t count = 0, refused = 0;
    while (count < expected_) {
      kept.push_back(next());
      ++count;
      if (kept.size() < kKeep && count < expected_) continue;
      for (auto held = kept.rbegin(); held != kept.rend(); ++held) {  // in another order than they came
        bytes += held->payload.size();
        for (const std::uint8_t byte : held->payload) sum += byte;
        if (held->pool->release(held->tag) != quicrx::Release::released) ++refused;
      }
      kept.clear();
    }
    std::printf("held %zu datagrams of %llu bytes, sum %llu, refused %zu\n", count,
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(sum), refused);
  }
  Held next() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !queue_.empty(); });
    const Held held = queue_.front();
    queue_.pop_front();
    return held;
  }

  static constexpr std::size_t kKeep = 20;

  const std::size_t expected_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Held> queue_;
  std::thread thread_;
};

OpenedPort open(const std::string& kind, const std::string& place, std::uint16_t udp_port) {
  if (kind == "af-xdp")
    return quicrx::open_xdp_port({.interface = place, .udp_port = udp_port, .any_payload = true});
  in_addr ip{};
  if (inet_pton(AF_INET, place.c_str(), &ip) != 1)
    return quicrx::fail(quicrx::ErrorKind::usage, place + " is no IPv4 address");
  const quicrx::Bytes bytes(reinterpret_cast<const std::uint8_t*>(&ip), sizeof(ip));
  const quicrx::SocketPortOptions options{.listen = quicrx::SocketAddress(bytes, udp_port)};
  return kind == "io_uring" ? quicrx::open_uring_port(options) : quicrx::open_socket_port(options);
}

/// Hands `count` datagrams on.
void receive(quicrx::PollablePort& port, Keeper& keeper, std::size_t count) {
  std::vector<quicrx::Datagram> batch(quicrx::kBatch);
  pollfd readable{port.descriptor(), POLLIN, 0};
  while (count > 0) {
    const std::size_t got =
        port.receive(std::span(batch).first(std::min(count, batch.size())), quicrx::Clock::now());
    for (quicrx::Datagram& datagram : std::span(batch).first(got)) {
      const quicrx::Bytes payload = datagram.frame.payload();
      quicrx::FramePool* pool = datagram.frame.pool();
      keeper.take({pool, datagram.frame.detach(), payload});
    }
    port.flush();  // frames that came back go to the kernel again
    count -= got;
    constexpr int kMilliseconds = 5;  // and so do those that come back while nothing arrives
    if (got == 0 && !port.has_received()) poll(&readable, 1, kMilliseconds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: hold_frames af-xdp|socket|io_uring IFACE|ADDRESS PORT COUNT\n");
    return 2;
  }
  const auto number = [](const char* text) { return static_cast<std::uint32_t>(std::stoul(text)); };
  const auto port = open(argv[1], argv[2], static_cast<std::uint16_t>(number(argv[3])));
  if (!port) {
    std::fprintf(stderr, "hold_frames: %s\n", port.error().message.c_str());
    return 1;
  }
  std::printf("ready\n");
  std::fflush(stdout);
  const std::size_t count = number(argv[4]);
  {
    Keeper keeper(count);
    receive(**port, keeper, count);
  }
  std::printf("the port counts %llu\n",
              static_cast<unsigned long long>((*port)->statistics().received_datagrams));
  return 0;
}
