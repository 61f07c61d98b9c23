// SPDX-License-Identifier: MIT
#pragma once

namespace quicrx {

/// When the kernel cannot cut trains for the way out of one (EIO: the device lacks checksums, or IPsec is
/// used), datagrams are sent singly for a while: not for ever, for it may be one client's way alone.
class SegmentPause {
 public:
  static constexpr unsigned kDatagrams = 1000;

  void begin() { left_ = kDatagrams; }
  /// Asked once a datagram.
  [[nodiscard]] bool over() {
    if (left_ == 0) return true;
    --left_;
    return false;
  }

 private:
  unsigned left_ = 0;
};

}  // namespace quicrx
