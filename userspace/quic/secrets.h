// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quicrx/bytes.h"
#include "quicrx/result.h"

namespace quicrx {

/// What address tokens, session tickets and stateless resets are keyed by.
///
/// Each use has keys of its own, derived by HKDF (RFC 5869), so that one file of secrets serves several
/// machines and survives restarts. Keys of tokens change with time by themselves. The first secret makes;
/// tokens made with the others are still accepted, so that a new one can be put before the old in the file.
class Secrets {
 public:
  static constexpr std::size_t kSecretBytes = 32;
  using Secret = std::array<std::uint8_t, kSecretBytes>;
  using Key = std::array<std::uint8_t, 32>;
  using TicketKey = std::array<std::uint8_t, 64>;

  /// One that no other process has.
  static Secrets random();
  /// A text file of one secret a line, each of 64 hexadecimal digits; empty lines and lines after '#' are
  /// skipped.
  static Result<Secrets> load(const std::string& file);
  explicit Secrets(std::vector<Secret> secrets) : secrets_(std::move(secrets)) {}

  [[nodiscard]] std::size_t count() const { return secrets_.size(); }
  /// Of stateless reset tokens (RFC 9000 section 10.3.2): by the first secret, and not by time, for it must
  /// be the same after a restart. `server` names who sends the resets: no other may know the tokens of a
  /// connection, for a packet sent to the other would make it reveal one (section 21.11).
  [[nodiscard]] Key reset_key(std::string_view server) const;
  /// Of tokens made in the period of this number, by secret number `which`.
  [[nodiscard]] Key token_key(std::size_t which, std::int64_t period) const;
  /// Of session tickets. `promise` is what a ticket stands for (ticket_promise()): where that has changed,
  /// older tickets are unreadable.
  [[nodiscard]] TicketKey ticket_key(std::string_view promise) const;

 private:
  std::vector<Secret> secrets_;  // at least one
};

}  // namespace quicrx
