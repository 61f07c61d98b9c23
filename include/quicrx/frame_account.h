// SPDX-License-Identifier: MIT
/// Counting the frames that one holder has out, so that a budget can be kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace quicrx {

class FrameAccount;

/// One frame on somebody's account, until it dies. Move-only; goes with the frame (Frame::charge), also while
/// the kernel has it. Any thread may end it, and it may outlive the account.
class FrameCharge {
 public:
  /// On nobody's account.
  FrameCharge() = default;
  FrameCharge(FrameCharge&& other) noexcept : references_(std::exchange(other.references_, nullptr)) {}
  FrameCharge& operator=(FrameCharge&& other) noexcept {
    FrameCharge taken(std::move(other));
    std::swap(references_, taken.references_);
    return *this;
  }
  ~FrameCharge() {
    if (references_ != nullptr && references_->fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete references_;
  }

 private:
  friend class FrameAccount;
  using References = std::atomic<std::uint32_t>;
  explicit FrameCharge(References* references) noexcept : references_(references) {}

  References* references_ = nullptr;
};

/// How many frames a holder has out. The holder's thread charges and asks; frames end their charge wherever
/// their loan ends.
class FrameAccount {
 public:
  FrameAccount() : own_(new FrameCharge::References(1)) {}
  FrameAccount(const FrameAccount&) = delete;
  FrameAccount& operator=(const FrameAccount&) = delete;

  [[nodiscard]] FrameCharge charge() noexcept {
    own_.references_->fetch_add(1, std::memory_order_relaxed);
    return FrameCharge(own_.references_);
  }
  [[nodiscard]] std::uint32_t out() const noexcept {
    return own_.references_->load(std::memory_order_relaxed) - 1;
  }

 private:
  FrameCharge own_;  // the count lives for as long as it or any frame's charge
};

}  // namespace quicrx
