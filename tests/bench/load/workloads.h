// SPDX-License-Identifier: MIT
/// What the load generator does; each prints its result as JSON, by itself or when asked.
#pragma once

#include <cstddef>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "client.h"

namespace quicrx::load {

/// Connections one after the other, or some at a time: a full handshake each, one request, a close.
class Handshakes final : public Workload {
 public:
  Handshakes(std::size_t count, std::size_t parallel, Request request)
      : left_(count), parallel_(parallel), request_(std::move(request)) {}

  std::optional<Timestamp> begin(Client& client, Timestamp now) override;
  void connected(Client& client, ClientConnection& connection, Timestamp now) override;
  void answered(Client& client, ClientConnection& connection, bool success, Timestamp now) override;
  void lost(ClientConnection& connection) override;
  [[nodiscard]] bool done() const override { return left_ == 0 && under_way_ == 0; }
  [[nodiscard]] nlohmann::json result() const;

 private:
  void end(bool success);

  std::size_t left_;
  std::size_t parallel_;
  Request request_;
  std::size_t under_way_ = 0;
  std::size_t completed_ = 0;
  std::size_t failed_ = 0;
  std::optional<Timestamp> began_;
  Timestamp ended_;
};

/// One connection with a request at fixed times; the next one is not asked before the last has its answer.
class Latency final : public Workload {
 public:
  Latency(std::size_t count, double per_second, Request request);

  std::optional<Timestamp> begin(Client& client, Timestamp now) override;
  void connected(Client& client, ClientConnection& connection, Timestamp now) override;
  void answered(Client& client, ClientConnection& connection, bool success, Timestamp now) override;
  void lost(ClientConnection&) override { lost_ = true; }
  [[nodiscard]] bool done() const override { return lost_ || nanoseconds_.size() + failed_ == count_; }
  [[nodiscard]] nlohmann::json result() const;

 private:
  std::size_t count_;
  std::chrono::nanoseconds pause_;
  Request request_;
  ClientConnection* connection_ = nullptr;
  bool connecting_ = false;
  bool asked_ = false;
  bool lost_ = false;
  Timestamp next_;
  Timestamp asked_at_;
  std::size_t failed_ = 0;
  std::vector<std::int64_t> nanoseconds_;
};

/// Many connections that stay open, of which some have work when they are told to. On standard input:
/// `get COUNT AT_ONCE PATH`: so many requests in all, by the active ones in turn; `put COUNT AT_ONCE BYTES
/// PATH`: uploads; `close`: ends. Prints a line when all are open, and one for each piece of work that is
/// done.
class Hold final : public Workload {
 public:
  struct Shape {
    std::size_t connections = 1;
    std::size_t active = 1;
    std::size_t parallel = 1;           ///< handshakes at a time
    std::chrono::nanoseconds pause{0};  ///< from one request to the next, at least
  };
  Hold(const Shape& shape, Request request) : shape_(shape), request_(std::move(request)) {}

  std::optional<Timestamp> begin(Client& client, Timestamp now) override;
  void connected(Client& client, ClientConnection& connection, Timestamp now) override;
  void answered(Client& client, ClientConnection& connection, bool success, Timestamp now) override;
  void lost(ClientConnection& connection) override;
  void told(const std::string& line) override;
  [[nodiscard]] bool done() const override { return closing_; }

 private:
  void report(Timestamp now);

  Shape shape_;
  Request request_;
  std::size_t connecting_ = 0;
  std::size_t opened_ = 0;
  std::size_t lost_ = 0;
  bool open_told_ = false;
  bool closing_ = false;
  std::deque<ClientConnection*> idle_;  // active ones without a request
  std::unordered_set<ClientConnection*> asking_;
  std::size_t active_ = 0;
  bool working_ = false;
  std::size_t left_ = 0;
  std::size_t at_once_ = 1;
  std::size_t answers_ = 0;
  std::size_t failed_ = 0;
  Request work_;
  Timestamp next_;
  Timestamp began_;
};

}  // namespace quicrx::load
