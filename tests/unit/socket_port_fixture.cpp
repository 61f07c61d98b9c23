// SPDX-License-Identifier: MIT
#include "socket_port_fixture.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace quicrx::test {

std::string numbered_one(std::size_t number, std::size_t bytes) {
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%04zu", number % 10000);
  std::string text(bytes, 'a');
  std::copy_n(digits.begin(), std::min<std::size_t>(4, bytes), text.begin());
  return text;
}

std::string numbered(std::size_t count, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += numbered_one(i, bytes);
  return text;
}

SocketPortFixture::SocketPortFixture(const SocketKind& kind, unsigned mtu,
                                     std::optional<SocketAddress> listen)
    : receive_words(SocketPort::kReceiveFrames), transmit_words(SocketPort::kTransmitFrames) {
  // The port of a socket that is closed at once is free for a while.
  address = listen ? *listen : PlainSocket(kind.v6).address();
  const SocketPort::Config config{kind.v6 ? PortId::socket6 : PortId::socket4, address, mtu};
  auto opened =
      kind.open(config, {receive_words, transmit_words, &receive_counters, &transmit_counters, &counters});
  if (!opened) {
    lacking = opened.error().message;
    const bool may_lack =
        opened.error().kind == ErrorKind::unsupported || opened.error().kind == ErrorKind::permission;
    if (!may_lack) ADD_FAILURE() << lacking;
    return;
  }
  port = std::move(*opened);
  EXPECT_TRUE(port->adopt());
}

Path SocketPortFixture::path_to(const SocketAddress& remote) const {
  Path path;
  path.local = address;
  path.remote = remote;
  return path;
}

std::vector<Datagram> SocketPortFixture::receive(std::size_t count, std::size_t batch) {
  std::vector<Datagram> all, some(batch);
  const Timestamp limit = Clock::now() + std::chrono::seconds(1);
  while (all.size() < count && Clock::now() < limit) {
    if (!port->has_received()) {
      pollfd polled{port->descriptor(), POLLIN, 0};
      poll(&polled, 1, 10);
    }
    const std::size_t got = port->receive(some, Clock::now());
    for (std::size_t i = 0; i < got; ++i) all.push_back(std::move(some[i]));
    port->flush();
  }
  return all;
}

bool SocketPortFixture::send(const std::string& payload, const Path& path, Ecn ecn) {
  auto frame = port->acquire(path);
  if (!frame || frame->room().size() < payload.size()) return false;
  std::ranges::copy(payload, frame->room().begin());
  frame->resize(payload.size());
  port->send(std::move(*frame), path, ecn);
  return true;
}

void SocketPortFixture::flush() {
  const Timestamp limit = Clock::now() + std::chrono::seconds(1);
  do {
    port->flush();
  } while ((port->has_unsent() || port->frames_in_transmit() > 0) && Clock::now() < limit);
}

}  // namespace quicrx::test
