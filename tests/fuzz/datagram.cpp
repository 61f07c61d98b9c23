// SPDX-License-Identifier: MIT
/// Any datagrams to an endpoint, from several addresses: connection IDs, versions, tokens, Initials.
///
/// Input: operations. An operation is a byte (below) and what it needs.
#include <array>
#include <map>
#include <string>
#include <vector>

#include "client.h"
#include "input.h"
#include "require.h"
#include "server.h"

namespace quicrx::fuzz {
namespace {

constexpr int kMaxOperations = 32;

// The low bits of an operation's byte; the next two choose the client.
enum Operation : std::uint8_t { bytes, padded, with_token, pass };
constexpr std::uint8_t kMask = 0x03;

class Play {
 public:
  void step(Input& input) {
    const std::uint8_t byte = input.u8();
    const std::uint8_t client = byte >> 2 & 3;
    switch (static_cast<Operation>(byte & kMask)) {
      case bytes:
        deliver(client, input.take(input.u16() % (kLongest + 1)));
        break;
      case padded: {  // to what an Initial must have
        const Bytes given = input.take(input.u8());
        Packet packet(given.begin(), given.end());
        packet.resize(kMinInitial);
        deliver(client, packet);
        break;
      }
      case with_token: {
        const Bytes token = input.take(input.u8());
        Client honest(kAlpns[0], Server::path(client), server_.now(), {}, token);
        for (const Packet& packet : honest.write(server_.now())) deliver(client, packet);
        break;
      }
      case pass:
        server_.pass(std::chrono::milliseconds(1) * (1 << (input.u8() & 15)));
        break;
    }
    check_amplification();
  }

  void end() {
    server_.pass(std::chrono::seconds(20));
    check_amplification();
    require(server_.counters().get(EndpointCounter::connections_active) == 0,
            "nobody has completed a handshake");
    require(server_.connections() == 0, "no handshake lasts for ever");
  }

 private:
  static constexpr std::size_t kMinInitial = 1200, kLongest = 1452;

  void deliver(std::uint8_t client, Bytes datagram) {
    const Path path = Server::path(client);
    received_[path.remote.to_string()] += datagram.size();
    server_.deliver(datagram, path);
  }

  /// RFC 9000 section 8: not more than three times what came from an address that is not proven.
  void check_amplification() {
    for (const auto& sent : server_.take_sent()) {
      const std::string to = sent.path.remote.to_string();
      sent_[to] += sent.payload.size();
      require(sent_[to] <= 3 * received_[to], "answers are not larger than three times what came");
    }
  }

  Server server_;
  std::map<std::string, std::size_t> received_, sent_;
};

void run_one(Input input) {
  Play play;
  for (int i = 0; i < kMaxOperations && !input.empty(); ++i) play.step(input);
  play.end();
}

}  // namespace
}  // namespace quicrx::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  quicrx::fuzz::run_one({data, bytes});
  return 0;
}
