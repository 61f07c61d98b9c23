// SPDX-License-Identifier: MIT
#include "port/datagram_train.h"

#include <utility>

namespace quicrx {

void DatagramTrain::begin(Frame frame, const Path& path, Ecn ecn) {
  remote_ = path.remote;
  local_ = path.local;
  interface_ = path.link.interface;
  ecn_ = ecn;
  full_ = closed_ = split_ = false;
  size_ = bytes_ = singles_done_ = 0;
  message_ = {};
  message_.msg_name = const_cast<sockaddr*>(remote_.get());
  message_.msg_namelen = remote_.size();
  message_.msg_iov = parts_.data();
  write_details(message_, control_, path, ecn);
  put(std::move(frame));
}

bool DatagramTrain::add(Frame& frame, const Path& path, Ecn ecn) {
  const std::size_t bytes = frame.payload().size(), each = parts_[0].iov_len;
  if (full_ || bytes > each || bytes == 0 || bytes_ + bytes > kMostBytes) return false;
  if (ecn != ecn_ || interface_ != path.link.interface || !(path.remote == remote_) ||
      !(path.local == local_))
    return false;
  put(std::move(frame));
  full_ = size_ == kMostDatagrams || bytes < each;
  return true;
}

void DatagramTrain::put(Frame frame) {
  const Bytes payload = frame.payload();
  parts_[size_] = {const_cast<std::uint8_t*>(payload.data()), payload.size()};
  frames_[size_] = std::move(frame);
  bytes_ += payload.size();
  ++size_;
}

void DatagramTrain::close() {
  if (closed_) return;
  full_ = closed_ = true;
  message_.msg_iovlen = size_;
  if (size_ > 1) write_segment_size(message_, static_cast<std::uint16_t>(parts_[0].iov_len));
}

msghdr DatagramTrain::single() {
  msghdr one = message_;
  one.msg_iov = &parts_[singles_done_];
  one.msg_iovlen = 1;
  if (size_ > 1) remove_segment_size(one);
  return one;
}

std::size_t DatagramTrain::pages() const {
  constexpr std::uintptr_t kPage = 4096;
  std::size_t pages = 0;
  for (const iovec& part : std::span(parts_).first(size_)) {
    const auto start = reinterpret_cast<std::uintptr_t>(part.iov_base);
    pages += (start + part.iov_len - 1) / kPage - start / kPage + 1;
  }
  return pages;
}

void DatagramTrain::clear() {
  for (Frame& frame : frames()) frame = Frame();
  size_ = bytes_ = 0;
}

}  // namespace quicrx
