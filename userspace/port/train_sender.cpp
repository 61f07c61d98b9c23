// SPDX-License-Identifier: MIT
#include "port/train_sender.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include "port/send_singly.h"

namespace quicrx {
namespace {

// What headers of liburing 2.3 lack (linux/io_uring.h).
constexpr std::uint16_t kReportUsage = 1u << 3;  // IORING_SEND_ZC_REPORT_USAGE, since Linux 6.2
constexpr std::uint32_t kUsageCopied = std::uint32_t{1} << 31;  // IORING_NOTIF_USAGE_ZC_COPIED

// A packet has room for 17 pages of others' memory (MAX_SKB_FRAGS). To pin them and to be told of their end
// costs more than to copy what lies in 17 datagrams of 1500 bytes; it pays for jumbo frames.
constexpr std::size_t kMostZeroCopyPages = 17;
constexpr std::size_t kLeastZeroCopyBytes = 28 << 10;
// The kernel copies all the same on the way to loopback or a veth, where it is the dearest of all ways.
constexpr unsigned kMostCopied = 8;

}  // namespace

TrainSender::TrainSender(IoRing ring, int socket, SlabPool& transmit, PortCounters& counters)
    : counters_(counters),
      transmit_(transmit),
      socket_(socket),
      slots_(kTrains),
      charges_(transmit.size()),
      ring_(std::move(ring)) {
  free_.reserve(kTrains);
  queued_.reserve(kTrains);
  split_.reserve(kTrains);
  for (unsigned place = kTrains; place-- > 0;) free_.push_back(static_cast<Place>(place));
}

TrainSender::~TrainSender() {
  if (frames_out_ == 0) return;
  flush();
  // Fails where another thread used the port. It has ended, then, and with it its requests.
  if (frames_out_ > 0) ring_.cancel_all();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (frames_out_ > 0 && (!ring_.unsubmitted() || ring_.submit()) &&
         std::chrono::steady_clock::now() < limit) {
    complete();
    drop_waiting();
    if (frames_out_ > 0) ring_.wait_a_moment();
  }
}

void TrainSender::send(Frame frame, const Path& path, Ecn ecn) {
  const Tag tag = frame.tag();
  const bool own = frame.pool() == &transmit_;
  if (!own) {
    if (put(frame, path, ecn)) ++frames_out_;
    return;
  }
  FrameCharge charge = frame.take_charge();
  // A frame that is not a present loan is not lent: its release is refused and counted.
  if (!transmit_.lend_for_send(tag)) {
    counters_.add(PortCounter::drop_send_failed);
    return;
  }
  if (!put(frame, path, ecn)) {
    (void)frame.detach();
    transmit_.take_completed(tag.index());
    return;
  }
  Slot& slot = slots_[queued_.back()];
  (void)slot.train.frames().back().detach();
  slot.lent[slot.lent_frames++] = tag.index();
  charges_[tag.index()] = std::move(charge);
  ++frames_out_;
}

/// Takes the frame into the train that it belongs to; false, and the datagram lost, when too many are under
/// way.
bool TrainSender::put(Frame& frame, const Path& path, Ecn ecn) {
  if (pause_.over() && !queued_.empty() && slots_[queued_.back()].train.add(frame, path, ecn)) return true;
  if (free_.empty()) flush();
  if (free_.empty()) {
    counters_.add(PortCounter::drop_send_failed);
    return false;
  }
  const Place place = free_.back();
  free_.pop_back();
  queued_.push_back(place);
  slots_[place].lent_frames = 0;
  slots_[place].train.begin(std::move(frame), path, ecn);
  return true;
}

void TrainSender::prepare(Place place) {
  Slot& slot = slots_[place];
  slot.train.close();
  slot.zero_copy = zero_copy_ && slot.train.bytes() >= kLeastZeroCopyBytes &&
                   slot.train.size() <= kMostZeroCopyPages && slot.train.pages() <= kMostZeroCopyPages;
  io_uring_sqe* request = ring_.prepare();  // there is one for each slot
  if (slot.zero_copy) {
    io_uring_prep_sendmsg_zc(request, socket_, &slot.train.message(), 0);
    request->ioprio |= kReportUsage;
    counters_.add(PortCounter::zero_copy_trains);
  } else {
    io_uring_prep_sendmsg(request, socket_, &slot.train.message(), 0);
  }
  request->user_data = place;
}

void TrainSender::flush() {
  go_on_singly();
  for (const Place place : queued_) prepare(place);
  queued_.clear();
  if (ring_.unsubmitted()) {
    counters_.add(PortCounter::wakeups);
    ring_.submit();
  }
  complete();
}

void TrainSender::complete() {
  do {
    while (const auto completion = ring_.take()) take_result(*completion);
  } while (ring_.collect());
}

void TrainSender::take_result(const IoRing::Completion& completion) {
  if (completion.request >= kTrains) return;  // of cancel_all()
  const auto place = static_cast<Place>(completion.request);
  Slot& slot = slots_[place];
  if ((completion.flags & IORING_CQE_F_NOTIF) != 0) {
    take_notification(completion.result);
  } else if (completion.result >= 0) {
    count_sent(slot.train, counters_);
    slot.next = Next::end;
  } else {
    slot.next = fail_train(slot, -completion.result);
  }
  // The result of a zero-copy send has a notification behind it, that the kernel has let the frames go.
  if ((completion.flags & IORING_CQE_F_MORE) == 0) go_on(place);
}

TrainSender::Next TrainSender::fail_train(Slot& slot, int error) {
  if (error == EIO) pause_.begin();
  if (slot.zero_copy && (error == EINVAL || error == EOPNOTSUPP)) zero_copy_ = false;
  if (is_out_of_room(error)) return Next::send_again;
  if (error != ECANCELED) return Next::send_singly;
  counters_.add(PortCounter::drop_send_failed, slot.train.size());
  return Next::end;
}

/// The kernel is done with the train, but maybe did not send it.
void TrainSender::go_on(Place place) {
  Slot& slot = slots_[place];
  if (slot.next == Next::send_again) {
    queued_.push_back(place);
  } else if (slot.next == Next::send_singly && !send_singly(socket_, slot.train, counters_)) {
    split_.push_back(place);
  } else {
    finish(place);
  }
}

/// What the socket had no room for while it was sent one by one.
void TrainSender::go_on_singly() {
  std::size_t done = 0;
  for (; done < split_.size() && send_singly(socket_, slots_[split_[done]].train, counters_); ++done)
    finish(split_[done]);
  split_.erase(split_.begin(), split_.begin() + static_cast<std::ptrdiff_t>(done));
}

/// At the end: nobody will send it.
void TrainSender::drop_waiting() {
  for (std::vector<Place>* places : {&queued_, &split_}) {
    for (const Place place : *places) {
      counters_.add(PortCounter::drop_send_failed, slots_[place].train.singles_left());
      finish(place);
    }
    places->clear();
  }
}

void TrainSender::take_notification(std::int32_t usage) {
  const bool copied = (static_cast<std::uint32_t>(usage) & kUsageCopied) != 0;
  copied_in_a_row_ = copied ? copied_in_a_row_ + 1 : 0;
  if (copied_in_a_row_ == kMostCopied) zero_copy_ = false;
}

void TrainSender::finish(Place place) {
  Slot& slot = slots_[place];
  for (std::size_t i = 0; i < slot.lent_frames; ++i) {
    transmit_.take_completed(slot.lent[i]);
    charges_[slot.lent[i]] = FrameCharge();
  }
  frames_out_ -= slot.train.size();
  slot.train.clear();
  slot.lent_frames = 0;
  free_.push_back(place);
}

}  // namespace quicrx
