// SPDX-License-Identifier: MIT
#include "workloads.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "percentile.h"

namespace quicrx::load {
namespace {

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

void print_line(const nlohmann::json& what) {
  std::puts(what.dump().c_str());
  std::fflush(stdout);
}

}  // namespace

std::optional<Timestamp> Handshakes::begin(Client& client, Timestamp now) {
  if (!began_) began_ = now;
  for (; left_ > 0 && under_way_ < parallel_; --left_, ++under_way_) client.connect(now);
  return std::nullopt;
}

void Handshakes::connected(Client& client, ClientConnection& connection, Timestamp now) {
  if (client.ask(connection, request_)) return;
  client.close(connection, now);
  end(false);
}

void Handshakes::answered(Client& client, ClientConnection& connection, bool success, Timestamp now) {
  client.close(connection, now);
  end(success);
}

void Handshakes::lost(ClientConnection&) {
  end(false);
}

void Handshakes::end(bool success) {
  --under_way_;
  ++(success ? completed_ : failed_);
  ended_ = Clock::now();
}

nlohmann::json Handshakes::result() const {
  return {
      {"completed", completed_}, {"failed", failed_}, {"seconds", began_ ? seconds(ended_ - *began_) : 0.0}};
}

Latency::Latency(std::size_t count, double per_second, Request request)
    : count_(count), pause_(static_cast<std::int64_t>(1e9 / per_second)), request_(std::move(request)) {
  nanoseconds_.reserve(count);
}

std::optional<Timestamp> Latency::begin(Client& client, Timestamp now) {
  if (!std::exchange(connecting_, true)) client.connect(now);
  if (connection_ == nullptr || asked_) return std::nullopt;
  if (now < next_) return next_;
  asked_ = client.ask(*connection_, request_);
  lost_ = !asked_;
  asked_at_ = Clock::now();
  next_ = std::max(next_ + pause_, now);
  return std::nullopt;
}

void Latency::connected(Client&, ClientConnection& connection, Timestamp now) {
  connection_ = &connection;
  next_ = now + pause_;
}

void Latency::answered(Client&, ClientConnection&, bool success, Timestamp) {
  asked_ = false;
  if (success)
    nanoseconds_.push_back(std::chrono::nanoseconds(Clock::now() - asked_at_).count());
  else
    ++failed_;
}

nlohmann::json Latency::result() const {
  std::vector<std::int64_t> sorted = nanoseconds_;
  std::ranges::sort(sorted);
  const auto at = [&](double part) { return percentile(sorted, part); };
  return {{"answers", sorted.size()}, {"failed", count_ - sorted.size()},
          {"p50_ns", at(0.5)},        {"p99_ns", at(0.99)},
          {"p99.9_ns", at(0.999)},    {"max_ns", at(1)}};
}

std::optional<Timestamp> Hold::begin(Client& client, Timestamp now) {
  while (connecting_ < shape_.parallel && opened_ + lost_ + connecting_ < shape_.connections) {
    client.connect(now);
    ++connecting_;
  }
  if (connecting_ == 0 && !std::exchange(open_told_, true)) print_line({{"open", opened_}, {"lost", lost_}});
  while (working_ && left_ > 0 && !idle_.empty() && asking_.size() < at_once_ && now >= next_) {
    next_ = std::max(next_ + shape_.pause, now);
    ClientConnection* next = idle_.front();
    idle_.pop_front();
    --left_;
    if (client.ask(*next, work_))
      asking_.insert(next);
    else
      ++failed_;
  }
  if (working_ && left_ > 0 && idle_.empty() && asking_.empty()) failed_ += std::exchange(left_, 0);
  if (working_ && left_ == 0 && asking_.empty()) report(now);
  return working_ && left_ > 0 && next_ > now ? std::optional(next_) : std::nullopt;
}

void Hold::report(Timestamp now) {
  working_ = false;
  print_line(
      {{"completed", answers_}, {"failed", failed_}, {"lost", lost_}, {"seconds", seconds(now - began_)}});
}

void Hold::connected(Client& client, ClientConnection& connection, Timestamp now) {
  if (client.ask(connection, request_)) return;
  client.close(connection, now);
  lost(connection);
}

void Hold::answered(Client&, ClientConnection& connection, bool success, Timestamp) {
  if (asking_.erase(&connection) > 0) {
    ++(success ? answers_ : failed_);
    idle_.push_back(&connection);
    return;
  }
  --connecting_;
  ++opened_;
  if (active_ < shape_.active) {
    ++active_;
    idle_.push_back(&connection);
  }
}

void Hold::lost(ClientConnection& connection) {
  ++lost_;
  if (!open_told_ && connecting_ > 0) --connecting_;
  failed_ += asking_.erase(&connection);
  std::erase(idle_, &connection);
}

void Hold::told(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "close") {
    closing_ = true;
  } else if (verb == "get" || verb == "put") {
    work_ = request_;
    words >> left_ >> at_once_;
    at_once_ = std::max<std::size_t>(1, at_once_);
    if (verb == "put") words >> work_.body;
    words >> work_.path;
    answers_ = failed_ = 0;
    working_ = true;
    began_ = next_ = Clock::now();
  }
}

}  // namespace quicrx::load
