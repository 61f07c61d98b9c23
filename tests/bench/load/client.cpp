// SPDX-License-Identifier: MIT
#include "client.h"

#include <ngtcp2/ngtcp2.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace quicrx::load {

Client::Client(const SocketAddress& server, std::size_t sockets, std::chrono::seconds keep_alive)
    : server_(server), keep_alive_(keep_alive) {
  for (std::size_t i = 0; i < sockets; ++i) sockets_.push_back(std::make_unique<ClientSocket>(server));
}

void Client::connect(Timestamp now) {
  const std::uint32_t number = next_number_++;
  auto& place = connections_[number];
  place = std::make_unique<ClientConnection>(number, tls_, *sockets_[number % sockets_.size()], server_,
                                             keep_alive_, now);
  mark(*place);
}

bool Client::ask(ClientConnection& connection, const Request& request) {
  mark(connection);
  return connection.ask(request);
}

void Client::mark(ClientConnection& connection) {
  if (!std::exchange(connection.write_due, true)) to_write_.push_back(connection.number());
}

void Client::forget(ClientConnection& connection) {
  timers_.remove(connection);
  const auto found = connections_.find(connection.number());
  if (found == connections_.end()) return;
  ended_.push_back(std::move(found->second));
  connections_.erase(found);
}

void Client::close(ClientConnection& connection, Timestamp now) {
  connection.close(now);
  forget(connection);
}

void Client::close_all(Timestamp now) {
  while (!connections_.empty()) {
    close(*connections_.begin()->second, now);
    ended_.clear();
  }
}

void Client::look_at(Workload& workload, ClientConnection& connection, Timestamp now) {
  if (connection.take_ready()) workload.connected(*this, connection, now);
  if (connection.http().take_answer())
    workload.answered(*this, connection, connection.http().succeeded(), now);
  if (!connections_.contains(connection.number())) return;
  if (connection.failed()) {
    workload.lost(connection);
    forget(connection);
    return;
  }
  mark(connection);
}

void Client::receive(Workload& workload, Timestamp now) {
  for (const auto& socket : sockets_) {
    socket->receive([&](Bytes datagram) {
      ngtcp2_version_cid ids{};
      if (ngtcp2_pkt_decode_version_cid(&ids, datagram.data(), datagram.size(), kIdBytes) != 0) return;
      std::uint32_t number = 0;
      if (ids.dcidlen != kIdBytes) return;
      std::memcpy(&number, ids.dcid, sizeof(number));
      const auto found = connections_.find(number);
      if (found == connections_.end()) return;
      ClientConnection& connection = *found->second;
      connection.read(datagram, now);
      look_at(workload, connection, now);
    });
  }
}

void Client::expire(Workload& workload, Timestamp now) {
  while (!timers_.empty() && timers_.first().due <= now) {
    auto& connection = static_cast<ClientConnection&>(timers_.first());
    timers_.remove(connection);
    connection.expire(now);
    look_at(workload, connection, now);
  }
}

void Client::write(Workload& workload, Timestamp now) {
  for (const std::uint32_t number : std::exchange(to_write_, {})) {
    const auto found = connections_.find(number);
    if (found == connections_.end()) continue;
    ClientConnection& connection = *found->second;
    connection.write_due = false;
    connection.write(now);
    if (connection.failed()) {
      workload.lost(connection);
      forget(connection);
    } else {
      timers_.set(connection, connection.deadline());
    }
  }
}

void Client::read_line(Workload& workload) {
  std::array<char, 256> room{};
  const ssize_t got = ::read(STDIN_FILENO, room.data(), room.size());
  if (got <= 0) {
    input_open_ = false;
    workload.told("close");
    return;
  }
  input_.append(room.data(), static_cast<std::size_t>(got));
  for (std::size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
    workload.told(input_.substr(0, end));
    input_.erase(0, end + 1);
  }
}

void Client::wait(Workload& workload, std::optional<Timestamp> until) {
  std::vector<pollfd> watched;
  for (const auto& socket : sockets_) watched.push_back({socket->descriptor(), POLLIN, 0});
  watched.push_back({input_open_ ? STDIN_FILENO : -1, POLLIN, 0});
  if (!timers_.empty()) until = until ? std::min(*until, timers_.first().due) : timers_.first().due;
  timespec time{};
  if (until) {
    const auto left = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(*until - Clock::now()));
    time = {left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  }
  if (ppoll(watched.data(), watched.size(), until ? &time : nullptr, nullptr) > 0 &&
      watched.back().revents != 0)
    read_line(workload);
}

void Client::run(Workload& workload) {
  while (true) {
    const auto next = workload.begin(*this, Clock::now());
    write(workload, Clock::now());
    ended_.clear();
    if (workload.done()) break;
    wait(workload, to_write_.empty() ? next : Clock::now());
    receive(workload, Clock::now());
    expire(workload, Clock::now());
  }
  close_all(Clock::now());
}

}  // namespace quicrx::load
