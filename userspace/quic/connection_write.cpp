// SPDX-License-Identifier: MIT
/// A connection's way out: what its session and ngtcp2 have to send, into transmit frames.
#include <algorithm>
#include <array>

#include "quic/connection.h"

namespace quicrx {

Connection::Write Connection::write(Timestamp now) {
  if (!conn_) return Write::done;
  last_time_ = std::max(last_time_, now);
  now = last_time_;  // ngtcp2 asserts that its time does not go back
  update_keys_in_time(now);
  std::size_t quantum = ngtcp2_conn_get_send_quantum(conn_.get());
  Write result = Write::done;
  while (quantum > 0 && !close_wanted_) {
    auto frame = take_frame();
    if (!frame) {
      result = Write::no_frame;
      break;
    }
    const auto bytes = write_datagram(*frame, now);
    if (!bytes) {
      enter_closing(now);
      return Write::done;
    }
    if (*bytes == 0) break;  // the frame dies unsent and goes straight back
    quantum -= std::min(quantum, *bytes);
    // The frame was handed on by write_datagram().
  }
  ngtcp2_conn_update_pkt_tx_time(conn_.get(), to_ngtcp2(now));
  if (close_wanted_) {
    enter_closing(now);
    return Write::done;
  }
  return result;
}

/// Within the budget; otherwise the write waits, for frames that come back.
std::optional<Frame> Connection::take_frame() {
  FramePool* own = send_frames_.own_pool();
  FramePool* ports = host_.port().transmit_pool(path_);
  if (ports == nullptr) return std::nullopt;  // no port leads there
  FramePool* pool = own != nullptr ? own : ports;
  if (!send_frames_.may_take(*pool)) {
    host_.counters().add(EndpointCounter::send_budget_reached);
    return std::nullopt;
  }
  auto frame = own != nullptr ? own->acquire() : host_.port().acquire(path_);
  if (frame) send_frames_.charge(*frame);
  return frame;
}

/// An update that is not possible yet (the last one is not acknowledged) is tried again with the next write.
void Connection::update_keys_in_time(Timestamp now) {
  const std::uint64_t limit = host_.config().key_update_bytes;
  if (limit == 0 || bytes_under_key_ < limit) return;
  if (ngtcp2_conn_initiate_key_update(conn_.get(), to_ngtcp2(now)) != 0) return;
  bytes_under_key_ = 0;
  host_.counters().add(EndpointCounter::key_updates);
}

/// Writes one datagram and sends it. Zero when there is nothing to send now; nothing on an error, which is
/// then in close_error_.
std::optional<std::size_t> Connection::write_datagram(Frame& frame, Timestamp now) {
  const MutableBytes room =
      frame.room().first(std::min(frame.room().size(), host_.port().max_payload(path_)));
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  bool more = true;
  std::optional<std::size_t> bytes = 0;
  while (more && bytes) bytes = write_part(room, path, info, more, now);
  if (!bytes || *bytes == 0) return bytes;
  frame.resize(*bytes);
  send(std::move(frame), path.path, info.ecn);
  return bytes;
}

/// Adds stream data, or what else is due, to the datagram. `more`: it has room left and is to be continued.
std::optional<std::size_t> Connection::write_part(MutableBytes room, ngtcp2_path_storage& path,
                                                  ngtcp2_pkt_info& info, bool& more, Timestamp now) {
  // The path may have become smaller since.
  while (!datagrams_.empty() && datagrams_.front().size() > max_datagram()) datagrams_.pop_front();
  if (!datagrams_.empty()) return write_datagram_frame(room, path, info, more, now);
  Outgoing out;
  // Where the peer's connection window is shut no stream can send, and none is to be marked as blocked.
  const bool offered =
      session_ && !close_wanted_ && ngtcp2_conn_get_max_data_left(conn_.get()) > 0 && session_->next(out);
  std::array<ngtcp2_vec, Outgoing::kMaxParts> parts;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < out.part_count; ++i) {
    parts[i] = {.base = static_cast<std::uint8_t*>(out.parts[i].iov_base), .len = out.parts[i].iov_len};
    total += parts[i].len;
  }
  std::uint32_t flags = offered ? std::uint32_t{NGTCP2_WRITE_STREAM_FLAG_MORE} : 0;
  if (out.fin) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;

  ngtcp2_ssize taken = -1;
  const ngtcp2_ssize result =
      ngtcp2_conn_writev_stream(conn_.get(), &path.path, &info, room.data(), room.size(), &taken, flags,
                                out.stream, parts.data(), out.part_count, to_ngtcp2(now));
  if (taken >= 0 && offered) {
    const auto bytes = static_cast<std::uint64_t>(taken);
    host_.counters().add(EndpointCounter::stream_bytes_sent, bytes);
    session_->sent(out.stream, bytes, out.fin && bytes == total);
  }
  more = result == NGTCP2_ERR_WRITE_MORE || stream_refused(result, out.stream);
  if (more) return 0;
  if (result >= 0) return static_cast<std::size_t>(result);
  set_close_error(static_cast<int>(result));
  return std::nullopt;
}

/// The next DATAGRAM frame, for which the packet may have no room left.
std::optional<std::size_t> Connection::write_datagram_frame(MutableBytes room, ngtcp2_path_storage& path,
                                                            ngtcp2_pkt_info& info, bool& more,
                                                            Timestamp now) {
  std::vector<std::uint8_t>& data = datagrams_.front();
  const ngtcp2_vec part{.base = data.data(), .len = data.size()};
  const std::size_t parts = data.empty() ? 0 : 1;  // ngtcp2 asserts that no part is empty
  int accepted = 0;
  const ngtcp2_ssize result =
      ngtcp2_conn_writev_datagram(conn_.get(), &path.path, &info, room.data(), room.size(), &accepted,
                                  NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0, &part, parts, to_ngtcp2(now));
  if (accepted != 0) {
    datagrams_.pop_front();
    host_.counters().add(EndpointCounter::datagrams_sent);
  }
  more = result == NGTCP2_ERR_WRITE_MORE;
  if (more) return 0;
  if (result >= 0) return static_cast<std::size_t>(result);
  set_close_error(static_cast<int>(result));
  return std::nullopt;
}

/// Whether ngtcp2 would not take data of this stream, and others are to be tried.
bool Connection::stream_refused(ngtcp2_ssize result, StreamId stream) {
  switch (result) {
    case NGTCP2_ERR_STREAM_DATA_BLOCKED:
      session_->blocked(stream);
      return true;
    case NGTCP2_ERR_STREAM_SHUT_WR:
    case NGTCP2_ERR_STREAM_NOT_FOUND:
      session_->write_ended(stream);
      return true;
    default:
      return false;
  }
}

/// ngtcp2 has its addresses from us.
const Path* Connection::known_path(const ngtcp2_path& path) const {
  return paths_.find(path.local.addr, path.remote.addr);
}

void Connection::send(Frame frame, const ngtcp2_path& path, std::uint8_t ecn) {
  // ngtcp2 sends only where a datagram came from; a path that fell out of the table is heard again or given
  // up.
  const Path* known = known_path(path);
  if (known == nullptr) {
    host_.counters().add(EndpointCounter::drop_unknown_path);
    return;
  }
  ++statistics_.datagrams_sent;
  statistics_.bytes_sent += frame.payload().size();
  bytes_under_key_ += frame.payload().size();
  host_.port().send(std::move(frame), *known, static_cast<Ecn>(ecn));
}

}  // namespace quicrx
