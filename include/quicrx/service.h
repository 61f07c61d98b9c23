// SPDX-License-Identifier: MIT
/// What a server does with the streams of a connection, chosen by ALPN.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "quicrx/bytes.h"
#include "quicrx/export.h"
#include "quicrx/held_bytes.h"

namespace quicrx {

using StreamId = std::int64_t;

/// An application error code (RFC 9000 section 20.2): of the ALPN's own number space.
using AppError = std::uint64_t;

/// A connection as its service sees it. All calls are made on the worker's thread, and only while the session
/// lives.
class QUICRX_API StreamControl {
 public:
  /// The service has used `bytes` of a stream's data: the stream's and the connection's windows open by as
  /// much (RFC 9000 section 4). Data that was delivered and never consumed keeps the peer from sending more.
  virtual void consume(StreamId stream, std::uint64_t bytes) = 0;

  /// The session has something to send that it did not have when next() last said no.
  virtual void wake() = 0;

  /// RESET_STREAM and STOP_SENDING, as far as the stream's directions allow.
  virtual void abort(StreamId stream, AppError error) = 0;

  /// STOP_SENDING: what the peer still sends on the stream is not wanted.
  virtual void stop_reading(StreamId stream, AppError error) = 0;

  /// A new unidirectional stream, or -1 when the peer allows none now.
  [[nodiscard]] virtual StreamId open_uni() = 0;

  /// Closes the connection with an application error (CONNECTION_CLOSE of type 0x1d).
  virtual void close(AppError error) = 0;

  /// Whether what arrives now came in 0-RTT and may be a replay of an earlier connection's (RFC 9001
  /// section 9.2, RFC 8470): act on nothing that is not safe to do twice before
  /// Session::handshake_completed().
  [[nodiscard]] virtual bool early() const = 0;

  /// The most bytes that send_datagram() takes now: 0 when the peer takes none (RFC 9221 section 3).
  [[nodiscard]] virtual std::size_t max_datagram() const = 0;

  /// Queues a copy of `data` as a DATAGRAM frame. False, and nothing is sent, when it is larger than
  /// max_datagram() or too many wait; a datagram may also be lost on its way, and is never sent again.
  virtual bool send_datagram(Bytes data) = 0;

  /// Memory for received bytes that the session keeps beyond received() or datagram(), empty: of the
  /// connection's frames while its budget lasts (quicrx/pool_policy.h), else of the heap. Give it up before
  /// the session ends.
  [[nodiscard]] virtual HeldBytes hold() = 0;

  /// The peer did what no good one does often: a malformed request, a stream opened and given up. Past what
  /// EndpointLimits allows, the connection is closed.
  virtual void count_misuse() = 0;

 protected:
  ~StreamControl() = default;
};

/// Stream data that a session offers for sending. The memory stays the session's and must not change until
/// acked() has covered it.
struct Outgoing {
  static constexpr std::size_t kMaxParts = 16;

  StreamId stream = -1;
  std::array<iovec, kMaxParts> parts{};
  std::size_t part_count = 0;
  bool fin = false;  ///< nothing follows these bytes on the stream
};

/// The service's side of one connection. Called on the worker's thread only.
class QUICRX_API Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// 1-RTT packets can be sent from now on.
  virtual void ready() = 0;

  /// The peer may have opened `count` bidirectional streams in all, from now on.
  virtual void streams_allowed(std::uint64_t count) = 0;

  /// The next bytes of a stream, in order, each once. The memory is gone when the call returns.
  virtual void received(StreamId stream, Bytes data, bool fin) = 0;

  /// Asks for something to send. Returns false when there is nothing (see StreamControl::wake).
  [[nodiscard]] virtual bool next(Outgoing& out) = 0;

  /// Of what next() offered, the first `bytes` were taken, and the end of the stream if `fin`.
  virtual void sent(StreamId stream, std::uint64_t bytes, bool fin) = 0;

  /// The stream's flow control lets nothing more go; offer others until writable().
  virtual void blocked(StreamId stream) = 0;
  virtual void writable(StreamId stream) = 0;

  /// The stream takes no more data of ours (reset, or its peer sent STOP_SENDING): offer none again.
  virtual void write_ended(StreamId stream) = 0;

  /// `bytes` more of the stream have been acknowledged, in order; their memory is the session's again.
  virtual void acked(StreamId stream, std::uint64_t bytes) = 0;

  /// The peer gave up sending on the stream (RESET_STREAM).
  virtual void reset(StreamId stream, AppError error) = 0;

  /// Nothing more of the stream will be received, for we gave up reading it (StreamControl::stop_reading).
  virtual void read_ended(StreamId stream) = 0;

  /// The stream is over in both directions; nothing more is said of it.
  virtual void closed(StreamId stream, AppError error) = 0;

  /// A DATAGRAM frame (RFC 9221). The memory is gone when the call returns.
  virtual void datagram(Bytes) {}

  /// The handshake is complete: the peer is who it was in it, and nothing that comes is a replay
  /// (StreamControl::early).
  virtual void handshake_completed() {}

  /// The server stops: take no new requests and tell the peer, if the protocol can (HTTP/3: GOAWAY); those
  /// under way go on.
  virtual void drain() {}
  /// Nothing is under way that a close would cut off.
  [[nodiscard]] virtual bool drained() const { return true; }

  /// The error codes of the protocol for an ordinary end, and for a peer that asks too much.
  [[nodiscard]] virtual AppError no_error() const = 0;
  [[nodiscard]] virtual AppError excessive_load() const { return no_error(); }
};

/// Makes sessions for connections that chose its ALPN. One object a worker; outlives its sessions.
class QUICRX_API Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  [[nodiscard]] virtual std::string_view alpn() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Session> accept(StreamControl& connection) = 0;
};

}  // namespace quicrx
