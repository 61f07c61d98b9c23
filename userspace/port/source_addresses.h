// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "net/machine_addresses.h"
#include "quicrx/address.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// From which addresses the kernel sends for a UDP socket: those that the machine has, or the one that the
/// socket is bound to. AF_XDP also serves addresses that the machine lacks.
///
/// The machine's are listed now and then; a question is answered from the list, without a system call. (That
/// bind() succeeds says little: net.ipv4.ip_nonlocal_bind lets any address be bound, but not sent from.) What
/// comes or goes is noticed with the next list. One thread.
class SourceAddresses {
 public:
  /// What is older is listed anew.
  static constexpr std::chrono::seconds kFresh{3};
  using List = std::function<std::optional<std::vector<MachineAddress>>()>;

  /// `list` is machine_addresses() but in tests.
  explicit SourceAddresses(List list = machine_addresses) : list_(std::move(list)) {}

  /// Lists the machine's addresses if that was long ago. When the kernel does not tell, the old ones stay.
  void refresh(Timestamp now);
  /// Whether a socket that is bound to `bound` can send from `source`.
  [[nodiscard]] bool can_send(const SocketAddress& bound, const SocketAddress& source);

 private:
  using Key = std::array<std::uint8_t, 16>;  // an IPv4 address is mapped into IPv6

  static Key key_of(const SocketAddress& address);
  bool has(const SocketAddress& address);

  List list_;
  std::optional<Timestamp> listed_;
  std::vector<Key> known_;  // sorted
  /// A burst asks for one address again and again.
  SocketAddress last_;
  bool had_last_ = false;
};

}  // namespace quicrx
