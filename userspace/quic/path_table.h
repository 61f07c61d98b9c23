// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "quicrx/datagram.h"

namespace quicrx {

/// The paths on which a connection's peer was heard, each with its latest way back on the link. A few places:
/// the one longest unheard makes room. ngtcp2 knows paths by their addresses; this adds the rest.
class PathTable {
 public:
  /// A datagram came on `path`; nothing says yet that it was the peer's. `keep` is not forgotten for it.
  void learn(const Path& path, const Path& keep) {
    Entry* oldest = nullptr;
    for (Entry& entry : entries_) {
      if (entry.heard != 0 && same(entry.path, path.local, path.remote)) {
        if (!(entry.path.link == path.link) || entry.path.port != path.port) entry.path = path;
        entry.heard = ++clock_;
        return;
      }
      const bool kept = entry.heard != 0 && same(entry.path, keep.local, keep.remote);
      if (!kept && (oldest == nullptr || entry.heard < oldest->heard)) oldest = &entry;
    }
    *oldest = {path, ++clock_};
  }

  /// The path whose addresses these are copies of; null when the peer was not heard on it, or long ago.
  [[nodiscard]] const Path* find(const sockaddr* local, const sockaddr* remote) const {
    for (const Entry& entry : entries_)
      if (entry.heard != 0 && entry.path.remote.is_copied_to(remote) && entry.path.local.is_copied_to(local))
        return &entry.path;
    return nullptr;
  }

 private:
  struct Entry {
    Path path;
    std::uint64_t heard = 0;
  };

  static bool same(const Path& path, const SocketAddress& local, const SocketAddress& remote) {
    return path.remote == remote && path.local == local;
  }

  std::array<Entry, 4> entries_{};
  std::uint64_t clock_ = 0;
};

}  // namespace quicrx
