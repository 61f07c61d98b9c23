// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <tsl/robin_map.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "quic/siphash.h"
#include "quicrx/bytes.h"

namespace quicrx {

class Connection;

/// A connection ID of 0 to 20 bytes (RFC 9000 section 17.2).
struct ConnectionId {
  ConnectionId() = default;
  explicit ConnectionId(Bytes id) noexcept
      : size(static_cast<std::uint8_t>(std::min(id.size(), bytes.size()))) {
    std::copy_n(id.begin(), size, bytes.begin());
  }
  explicit ConnectionId(const ngtcp2_cid& id) noexcept : ConnectionId(Bytes(id.data, id.datalen)) {}

  [[nodiscard]] Bytes view() const noexcept { return Bytes(bytes).first(size); }
  friend bool operator==(const ConnectionId& a, const ConnectionId& b) noexcept = default;

  std::array<std::uint8_t, NGTCP2_MAX_CIDLEN> bytes{};  // zero beyond `size`
  std::uint8_t size = 0;
};

/// Connections by every ID under which their peers may address them. The hash is keyed: clients choose the
/// first ID. The ID found last is remembered, for packets come in runs.
class ConnectionTable {
 public:
  explicit ConnectionTable(SipHashKey key) : by_id_(0, Hash{key}) { by_id_.max_load_factor(kMaxLoad); }

  [[nodiscard]] Connection* find(Bytes id) {
    const ConnectionId wanted(id);
    if (last_ != nullptr && wanted == last_id_) return last_;
    const auto found = by_id_.find(wanted);
    if (found == by_id_.end()) return nullptr;
    last_id_ = wanted;
    return last_ = found->second;
  }
  /// False when the ID is another connection's already.
  bool add(const ConnectionId& id, Connection& connection) { return by_id_.insert({id, &connection}).second; }
  void remove(const ConnectionId& id) {
    if (id == last_id_) last_ = nullptr;
    by_id_.erase(id);
  }
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  struct Hash {
    SipHashKey key;
    std::size_t operator()(const ConnectionId& id) const noexcept { return siphash(key, id.view()); }
  };

  // Of the library's 0.5, half a kilobyte of an idle connection would be empty places.
  static constexpr float kMaxLoad = 0.8F;

  tsl::robin_map<ConnectionId, Connection*, Hash> by_id_;
  ConnectionId last_id_;
  Connection* last_ = nullptr;
};

}  // namespace quicrx
