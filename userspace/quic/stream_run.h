// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "quicrx/service.h"

namespace quicrx {

/// What a session offered of one stream, given to ngtcp2 packet by packet: the session is asked, and told
/// what was taken, once a run instead of once a packet. For the length of a write.
class StreamRun {
 public:
  /// So much of a stream leaves before the session is asked anew: streams that are to share the connection
  /// do.
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 10;

  /// A null session offers nothing.
  explicit StreamRun(Session* session) : session_(session) {}
  StreamRun(const StreamRun&) = delete;
  StreamRun& operator=(const StreamRun&) = delete;
  ~StreamRun() { end(); }

  /// What is left of the run, or a new one's; false when the session has nothing to send.
  bool offer();
  [[nodiscard]] StreamId stream() const { return offered_.stream; }
  [[nodiscard]] const ngtcp2_vec* parts() const { return parts_.data() + first_; }
  [[nodiscard]] std::size_t part_count() const { return count_ - first_; }
  /// Nothing follows what is offered on the stream.
  [[nodiscard]] bool fin() const { return offered_.fin; }

  /// ngtcp2 took so many bytes, and with all of them the stream's end.
  void taken(std::uint64_t bytes);
  /// Tells the session; the next offer is a new one.
  void end();

 private:
  Session* session_;
  Outgoing offered_;
  std::array<ngtcp2_vec, Outgoing::kMaxParts> parts_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t taken_ = 0;
  bool under_way_ = false;
  bool any_taken_ = false;
};

}  // namespace quicrx
