// SPDX-License-Identifier: MIT
/// A whole server connection: a client that shares its keys sends it any frames, before and after the
/// handshake.
///
/// Input: a byte that chooses protocol, client and how many flights go before, then operations. Each is a
/// byte and what it needs.
#include <span>
#include <vector>

#include "client.h"
#include "input.h"
#include "observed.h"
#include "require.h"
#include "server.h"

namespace quicrx::fuzz {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxOperations = 64;

// The first byte: the low bits choose the protocol.
constexpr std::uint8_t kAlpnMask = 0x07;
constexpr std::uint8_t kNoId = 0x08;
constexpr int kFlightsShift = 4;  // 0 to 3: then the handshake is complete
constexpr std::uint8_t kFrugal = 0x40;
constexpr std::uint8_t kVersion2 = 0x80;

// The low bits of an operation's byte.
enum Operation : std::uint8_t { packet0, packet1, packet2, handshake, initial, pass, acknowledge, advance };
// The others.
constexpr std::uint8_t kMask = 0x07;
constexpr std::uint8_t kCoalesce = 0x08;    // the datagram goes on with the next packet
constexpr std::uint8_t kLarge = 0x10;       // the frames' length has two bytes, not one
constexpr std::uint8_t kElsewhere = 0x20;   // from another address; Initial, Handshake: behind honest frames
constexpr std::uint8_t kRespond = 0x10;     // not an acknowledgement, but a PATH_RESPONSE
constexpr std::uint8_t kCongestion = 0x40;  // marked so on its way
constexpr std::uint8_t kPadded = 0x80;      // with PADDING, to a full packet

class Play {
 public:
  explicit Play(std::uint8_t start)
      : client_(kAlpns[(start & kAlpnMask) % std::size(kAlpns)], path_, server_.now(),
                {.no_id = (start & kNoId) != 0,
                 .frugal = (start & kFrugal) != 0,
                 .version_2 = (start & kVersion2) != 0}) {
    flight_ = client_.write(server_.now());
    const int steps = start >> kFlightsShift & 3;
    for (int i = 0; i < steps; ++i) advance();
    if (steps == 3)
      require(server_.counters().get(EndpointCounter::handshakes_completed) == 1 && can_speak(),
              "the handshake of an honest client completes");
  }

  void step(Input& input) {
    const std::uint8_t byte = input.u8();
    switch (const auto operation = static_cast<Operation>(byte & kMask)) {
      case packet0:
      case packet1:
      case packet2:
      case handshake:
      case initial:
        send(operation, byte, input);
        break;
      case pass:
        server_.pass(milliseconds(1) * (1 << (input.u8() & 15)));
        break;
      case Operation::acknowledge:
        answer((byte & kRespond) != 0 ? client_.respond() : client_.acknowledge(), byte);
        break;
      case Operation::advance:
        advance();
        break;
    }
    look();
  }

  /// What is left of a datagram; and time to end by.
  void end() {
    if (!datagram_.empty()) server_.deliver(datagram_, path_);
    look();
    server_.pass(milliseconds(100));
    look();
    if (const auto error = client_.closed()) saw(0x2000 + *error);
  }

 private:
  /// The honest client's next flight goes to the server, and the answer back.
  void advance() {
    for (const Packet& packet : flight_) server_.deliver(packet, path_);
    for (const auto& sent : server_.take_sent()) {
      client_.read(sent.payload, server_.now());
      look_into(sent.payload);
    }
    flight_ = client_.write(server_.now());
  }

  bool can_speak() { return client_.seal(Level::application, {}).has_value(); }

  void send(Operation operation, std::uint8_t byte, Input& input) {
    constexpr std::size_t kFull = 1300;
    const Level level = operation == handshake ? Level::handshake
                        : operation == initial ? Level::initial
                                               : Level::application;
    const std::size_t length = (byte & kLarge) != 0 ? input.u16() % (kFull + 1) : input.u8();
    const Bytes given = input.take(length);
    Packet frames;
    if (level != Level::application && (byte & kElsewhere) != 0) frames = client_.first_frames(level);
    frames.insert(frames.end(), given.begin(), given.end());
    if ((byte & kPadded) != 0) frames.resize(std::max(frames.size(), kFull));
    if (const auto packet = client_.seal(level, frames))
      deliver(*packet, level == Level::application ? byte : byte & ~kElsewhere);
  }

  void answer(const Packet& frames, std::uint8_t byte) {
    if (const auto packet = client_.seal(Level::application, frames)) deliver(*packet, byte);
  }

  void deliver(const Packet& packet, unsigned byte) {
    datagram_.insert(datagram_.end(), packet.begin(), packet.end());
    if ((byte & kCoalesce) != 0) return;
    server_.deliver(datagram_, (byte & kElsewhere) != 0 ? Server::path(99) : path_,
                    (byte & kCongestion) != 0 ? Ecn::ce : Ecn::ect0);
    datagram_.clear();
  }

  /// What the server answers steers the fuzzer.
  void look() {
    for (const auto& sent : server_.take_sent()) {
      look_into(sent.payload);
      if ((sent.payload[0] & 0x80) != 0) client_.read(sent.payload, server_.now());
    }
  }

  void look_into(Bytes datagram) {
    const auto frames = client_.open(datagram);
    if (!frames || frames->empty()) return;
    const Bytes start = Bytes(*frames).first(std::min<std::size_t>(frames->size(), 4));
    std::uint64_t what = start[0];
    const bool close = what == 0x1c || what == 0x1d;
    if (close)  // and its error code, and the type of the frame that was wrong
      for (const std::uint8_t byte : start.subspan(1)) what = what << 8 | byte;
    saw(0x3000 + what);
  }

  Path path_ = Server::path(1);
  Server server_;
  Client client_;
  std::vector<Packet> flight_;  // the honest client's, not yet delivered
  Packet datagram_;             // under way
};

void run_one(Input input) {
  Play play(input.u8());
  for (int i = 0; i < kMaxOperations && !input.empty(); ++i) play.step(input);
  play.end();
}

}  // namespace
}  // namespace quicrx::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  quicrx::fuzz::run_one({data, bytes});
  return 0;
}
