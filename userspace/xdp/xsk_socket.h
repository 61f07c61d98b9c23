// SPDX-License-Identifier: MIT
/// An AF_XDP socket: its UMEM registered, its four rings mapped, bound to one queue of an interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "frame/descriptor.h"
#include "frame/mapping.h"
#include "quicrx/result.h"
#include "xdp/interface.h"
#include "xdp/ring.h"
#include "xdp/umem_plan.h"

namespace quicrx {

enum class BindMode { automatic, zero_copy, copy };

struct BindOptions {
  BindMode mode = BindMode::automatic;
  bool native = true;         ///< how the XDP program is attached: in generic mode no driver gives zero copy
  bool multi_buffer = false;  ///< a packet may lie in several frames (XDP_USE_SG)
  bool patient = true;        ///< waits for the queue of a process that was killed just now
};

/// Where the rings lie within their mappings, for those who read the rings of another process's socket too.
struct XskRings {
  Mapping receive_mapping, transmit_mapping, fill_mapping, completion_mapping;
  RingMemory<xdp_desc> receive, transmit;
  RingMemory<std::uint64_t> fill, completion;
};

struct RingSizes {
  std::uint32_t receive = 0, transmit = 0, fill = 0, completion = 0;
};

/// Maps the rings of `socket`, which has them already, with the access `protection` (PROT_READ, PROT_WRITE).
Result<XskRings> map_rings(int socket, const RingSizes& sizes, int protection);

class XskSocket {
 public:
  /// Registers `memory` as UMEM and makes the rings. The fill ring is to be filled before bind(): some
  /// drivers take frames only then.
  static Result<XskSocket> create(const UmemPlan& plan, MutableBytes memory);

  /// A socket that is none: rings in plain memory, of which a test plays the kernel's ends.
  explicit XskSocket(XskRings rings);

  /// From now on the kernel uses the rings.
  Result<void> bind(const Interface& interface, std::uint32_t queue, const BindOptions& options);

  /// SO_PREFER_BUSY_POLL: the poller drives the NIC's queue itself (kernel:
  /// Documentation/networking/napi.rst).
  Result<void> prefer_busy_poll(std::chrono::microseconds time, int budget);

  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  [[nodiscard]] bool zero_copy() const noexcept { return zero_copy_; }
  /// The errno with which zero copy was refused, before copy mode was taken; 0 when it was not.
  [[nodiscard]] int zero_copy_refused() const noexcept { return zero_copy_refused_; }

  FillRing fill;
  CompletionRing completion;
  ReceiveRing receive;
  TransmitRing transmit;

 private:
  Result<void> ask_what_it_became();

  Descriptor socket_;
  XskRings rings_;
  bool zero_copy_ = false;
  int zero_copy_refused_ = 0;
};

}  // namespace quicrx
