// SPDX-License-Identifier: MIT
/// A connection's way out: what its session and ngtcp2 have to send, into transmit frames.
#include <algorithm>

#include "quic/connection.h"
#include "quic/stream_run.h"

namespace quicrx {

/// A write under way.
struct Connection::Outbound {
  StreamRun run;
  ngtcp2_tstamp now;
  std::size_t max_payload;
  ngtcp2_path_storage path;  // that the datagram is for
  MutableBytes room;         // of the datagram
};

Connection::Write Connection::write(Timestamp now) {
  if (!conn_) return Write::done;
  last_time_ = std::max(last_time_, now);
  now = last_time_;  // ngtcp2 asserts that its time does not go back
  update_keys_in_time(now);
  const Write result = write_datagrams(now);
  ngtcp2_conn_update_pkt_tx_time(conn_.get(), to_ngtcp2(now));
  if (!close_wanted_) return result;
  enter_closing(now);
  return Write::done;
}

Connection::Write Connection::write_datagrams(Timestamp now) {
  std::size_t quantum = ngtcp2_conn_get_send_quantum(conn_.get());
  Outbound out{.run = StreamRun(session_.get()),
               .now = to_ngtcp2(now),
               .max_payload = host_.port().max_payload(path_),
               .path = {},
               .room = {}};
  ngtcp2_path_storage_zero(&out.path);
  while (quantum > 0 && !close_wanted_) {
    auto frame = take_frame();
    if (!frame) return Write::no_frame;
    const std::size_t bytes = write_datagram(*frame, out);
    if (bytes == 0) break;  // the frame dies unsent and goes straight back
    quantum -= std::min(quantum, bytes);
    // The frame was handed on by write_datagram().
  }
  return Write::done;
}

/// Within the budget; otherwise the write waits, for frames that come back.
std::optional<Frame> Connection::take_frame() {
  FramePool* own = send_frames_.own_pool();
  FramePool* pool = own != nullptr ? own : host_.port().transmit_pool(path_);
  if (pool == nullptr) return std::nullopt;  // no port leads there
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

/// Writes one datagram and sends it. Zero when there is nothing to send now, or the connection is to be
/// closed.
std::size_t Connection::write_datagram(Frame& frame, Outbound& out) {
  out.room = frame.room().first(std::min(frame.room().size(), out.max_payload));
  ngtcp2_pkt_info info{};
  std::optional<std::size_t> bytes;
  while (!bytes) bytes = datagrams_.empty() ? write_part(out, info) : write_datagram_frame(out, info);
  if (*bytes == 0) return 0;
  frame.resize(*bytes);
  send(std::move(frame), out.path.path, info.ecn);
  return *bytes;
}

/// Adds stream data, or what else is due, to the datagram. Its bytes when it is to be sent; nothing when it
/// has room left and is to be continued.
std::optional<std::size_t> Connection::write_part(Outbound& out, ngtcp2_pkt_info& info) {
  // Where the peer's connection window is shut no stream can send, and none is to be marked as blocked.
  const bool offered = !close_wanted_ && ngtcp2_conn_get_max_data_left(conn_.get()) > 0 && out.run.offer();
  std::uint32_t flags = offered ? std::uint32_t{NGTCP2_WRITE_STREAM_FLAG_MORE} : 0;
  if (offered && out.run.fin()) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
  const StreamId stream = offered ? out.run.stream() : -1;
  ngtcp2_ssize taken = -1;
  const ngtcp2_ssize result = ngtcp2_conn_writev_stream(
      conn_.get(), &out.path.path, &info, out.room.data(), out.room.size(), &taken, flags, stream,
      offered ? out.run.parts() : nullptr, offered ? out.run.part_count() : 0, out.now);
  if (taken >= 0 && offered) {
    host_.counters().add(EndpointCounter::stream_bytes_sent, static_cast<std::uint64_t>(taken));
    out.run.taken(static_cast<std::uint64_t>(taken));
  }
  if (result == NGTCP2_ERR_WRITE_MORE || stream_refused(result, out.run)) return std::nullopt;
  return bytes_or_close(result);
}

/// The next DATAGRAM frame, for which the packet may have no room left. As write_part().
std::optional<std::size_t> Connection::write_datagram_frame(Outbound& out, ngtcp2_pkt_info& info) {
  std::vector<std::uint8_t>& data = datagrams_.front();
  if (data.size() > max_datagram()) {  // the path has become smaller since
    datagrams_.pop_front();
    return std::nullopt;
  }
  const ngtcp2_vec part{.base = data.data(), .len = data.size()};
  const std::size_t parts = data.empty() ? 0 : 1;  // ngtcp2 asserts that no part is empty
  int accepted = 0;
  const ngtcp2_ssize result =
      ngtcp2_conn_writev_datagram(conn_.get(), &out.path.path, &info, out.room.data(), out.room.size(),
                                  &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0, &part, parts, out.now);
  if (accepted != 0) {
    datagrams_.pop_front();
    host_.counters().add(EndpointCounter::datagrams_sent);
  }
  if (result == NGTCP2_ERR_WRITE_MORE) return std::nullopt;
  return bytes_or_close(result);
}

std::size_t Connection::bytes_or_close(ngtcp2_ssize result) {
  if (result >= 0) return static_cast<std::size_t>(result);
  set_close_error(static_cast<int>(result));
  close_wanted_ = true;
  return 0;
}

/// Whether ngtcp2 would not take data of the run's stream, and others are to be tried.
bool Connection::stream_refused(ngtcp2_ssize result, StreamRun& run) {
  switch (result) {
    case NGTCP2_ERR_STREAM_DATA_BLOCKED:
      run.end();
      session_->blocked(run.stream());
      return true;
    case NGTCP2_ERR_STREAM_SHUT_WR:
    case NGTCP2_ERR_STREAM_NOT_FOUND:
      run.end();
      session_->write_ended(run.stream());
      return true;
    default:
      return false;
  }
}

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
