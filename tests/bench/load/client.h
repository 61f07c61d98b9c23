// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client_connection.h"

namespace quicrx::load {

class Client;

/// What is done with connections. The client calls it, and it calls the client.
class Workload {
 public:
  Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  virtual ~Workload() = default;

  /// Asked before each wait; begins what is due, and says when there will be more, if that is known.
  virtual std::optional<Timestamp> begin(Client& client, Timestamp now) = 0;
  virtual void connected(Client& client, ClientConnection& connection, Timestamp now) = 0;
  /// A request has its answer.
  virtual void answered(Client& client, ClientConnection& connection, bool success, Timestamp now) = 0;
  /// It ended by itself, which is never wanted.
  virtual void lost(ClientConnection& connection) = 0;
  /// A line of standard input.
  virtual void told(const std::string&) {}
  [[nodiscard]] virtual bool done() const = 0;
};

/// Connections to one server in one thread: their sockets, their timers, and one wait for all of it.
class Client {
 public:
  Client(const SocketAddress& server, std::size_t sockets, std::chrono::seconds keep_alive);

  void run(Workload& workload);

  void connect(Timestamp now);
  /// Ends it with a CONNECTION_CLOSE. The connection lives until the client's next wait.
  void close(ClientConnection& connection, Timestamp now);
  void close_all(Timestamp now);
  bool ask(ClientConnection& connection, const Request& request);

 private:
  void receive(Workload& workload, Timestamp now);
  void look_at(Workload& workload, ClientConnection& connection, Timestamp now);
  void write(Workload& workload, Timestamp now);
  void expire(Workload& workload, Timestamp now);
  void wait(Workload& workload, std::optional<Timestamp> until);
  void read_line(Workload& workload);
  void mark(ClientConnection& connection);
  void forget(ClientConnection& connection);

  SocketAddress server_;
  std::chrono::seconds keep_alive_;
  ClientTls tls_;
  std::vector<std::unique_ptr<ClientSocket>> sockets_;
  std::unordered_map<std::uint32_t, std::unique_ptr<ClientConnection>> connections_;
  std::vector<std::unique_ptr<ClientConnection>> ended_;
  std::vector<std::uint32_t> to_write_;
  TimerHeap timers_;
  std::uint32_t next_number_ = 0;
  std::string input_;
  bool input_open_ = true;
};

}  // namespace quicrx::load
