// SPDX-License-Identifier: MIT
/// What `quicrx stats` prints of two queues.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "telemetry/format.h"

namespace quicrx {
namespace {

using namespace std::chrono_literals;

/// The queue's worker is on CPU 2 + `number`; the last figures of all counters tell the queues apart.
std::shared_ptr<RecordHeader> header_of(std::uint32_t number) {
  auto header = std::make_shared<RecordHeader>();
  header->queue = header->worker = number;
  header->pid = 4711;
  header->thread = 4712 + static_cast<int>(number);
  header->cpu = 2 + static_cast<int>(number);
  header->udp_port = 443;
  header->xdp.add(PortCounter::received_datagrams, 1000 + number);
  header->endpoint.add(EndpointCounter::connections_active, 10 + number);
  return header;
}

QueueSnapshot queue_of(std::shared_ptr<RecordHeader> header) {
  QueueSnapshot queue;
  queue.alive = true;
  queue.header = std::move(header);
  queue.frames[0] = {.free = 6, .fill = 4000, .held = 90, .transmit = 0};
  queue.socket = SocketFacts{.statistics = {}, .levels = RingLevels{.fill = 4000}};
  return queue;
}

/// Two queues, between which two datagrams were handed over, to queue 1.
std::vector<InterfaceSnapshot> two_queues() {
  const auto first = header_of(0), second = header_of(1);
  first->handoff.add(HandoffCounter::out, 2);
  second->handoff.add(HandoffCounter::in, 2);
  second->handoff_latency.add(3us);
  second->handoff_latency.add(700us);
  std::vector<InterfaceSnapshot> interfaces(1);
  interfaces[0].interface.name = "s0";
  interfaces[0].queues.push_back(queue_of(first));
  interfaces[0].queues.push_back(queue_of(second));
  return interfaces;
}

/// The line under `section` (or from the top) that begins with `label`, with single spaces. Empty: none.
std::string line_of(const std::string& text, const std::string& label, const std::string& section = "") {
  std::istringstream lines(text.substr(std::min(text.size(), text.find("\n  " + section))));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string joined;
    for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
    if (joined.starts_with(label + " ")) return joined;
  }
  return "";
}

TEST(StatsText, ShowsQueuesSideBySide) {
  const std::string text = format_text(two_queues());
  EXPECT_EQ(
      line_of(text, "queues"),
      "queues 0 to 1: UDP port 443, copy mode, answers by AF_XDP, frames of 2048 bytes on normal pages");
  EXPECT_EQ(line_of(text, "packets protected"), "packets protected by gnutls");
  EXPECT_EQ(line_of(text, "queue"), "queue 0 1 sum");
  EXPECT_EQ(line_of(text, "worker"), "worker 0 1");
  EXPECT_EQ(line_of(text, "CPU"), "CPU 2 3");
  EXPECT_EQ(line_of(text, "process"), "process 4711 4711");
  EXPECT_EQ(line_of(text, "thread"), "thread 4712 4713");
  EXPECT_EQ(line_of(text, "poller"), "poller alive alive");
  EXPECT_EQ(line_of(text, "mode"), "mode copy copy");
  EXPECT_EQ(line_of(text, "receive", "frames"), "receive 4096 4096 8192");
  EXPECT_EQ(line_of(text, "held", "frames"), "held 90 90 180");
  EXPECT_EQ(line_of(text, "fill", "rings"), "fill 4000 4000 8000");
  EXPECT_EQ(line_of(text, "receive", "rings"), "receive 0 0 0") << "levels are shown also when zero";
  EXPECT_EQ(line_of(text, "received_datagrams", "datagrams by AF_XDP"), "received_datagrams 1000 1001 2001");
  EXPECT_EQ(line_of(text, "active", "connections"), "active 10 11 21");
  for (const char* absent : {"sent_datagrams", "sockets", "streams", "gather", "transmit_"})
    EXPECT_EQ(text.find(absent), std::string::npos) << absent << " is zero";
}

TEST(StatsText, ShowsHandoffsAndTheirLatency) {
  const std::string text = format_text(two_queues());
  const std::string section = "hand-offs between workers";
  EXPECT_EQ(line_of(text, "out", section), "out 2 0 2");
  EXPECT_EQ(line_of(text, "in", section), "in 0 2 2");
  EXPECT_EQ(line_of(text, "full", section), "");
  EXPECT_EQ(line_of(text, "p50", section), "p50 - < 4 us < 4 us");
  EXPECT_EQ(line_of(text, "p99", section), "p99 - < 1.02 ms < 1.02 ms");
  EXPECT_EQ(line_of(text, "worst", section), "worst - < 1.02 ms < 1.02 ms");
}

TEST(StatsText, OfOneQueueHasNoSum) {
  auto interfaces = two_queues();
  interfaces[0].queues.pop_back();
  const std::string text = format_text(interfaces);
  EXPECT_EQ(line_of(text, "queue 0:").substr(0, 22), "queue 0: UDP port 443,");
  EXPECT_EQ(line_of(text, "received_datagrams"), "received_datagrams 1000");
  EXPECT_EQ(text.find("sum"), std::string::npos);
  EXPECT_EQ(text.find("latency"), std::string::npos);
}

TEST(StatsText, SaysWhichPollerIsGoneAndWhyItIsCopyMode) {
  auto interfaces = two_queues();
  auto gone = header_of(1);
  gone->cpu = -1;
  interfaces[0].queues[1] = {.alive = false, .header = gone, .frames = {}, .socket = {}};
  auto refused = header_of(0);
  refused->zero_copy_refused = EINVAL;
  interfaces[0].queues[0].header = refused;
  const std::string text = format_text(interfaces);
  EXPECT_NE(text.find("queue 0: UDP port 443, copy mode (zero copy refused: Invalid argument)"),
            std::string::npos);
  EXPECT_NE(text.find("queue 1: poller 4711 is gone"), std::string::npos);
  EXPECT_EQ(line_of(text, "poller"), "poller alive gone");
  EXPECT_EQ(line_of(text, "CPU"), "CPU 2 -");
  EXPECT_EQ(line_of(text, "fill", "rings"), "fill 4000 - 4000");
}

TEST(StatsText, NamesAsOneOnlyQueuesThatAreNeighbours) {
  auto interfaces = two_queues();
  interfaces[0].queues.push_back(queue_of(header_of(5)));
  const std::string text = format_text(interfaces);
  EXPECT_NE(text.find("\n  queues 0 to 1: "), std::string::npos);
  EXPECT_NE(text.find("\n  queue 5: "), std::string::npos);
}

std::vector<InterfaceSnapshot> socket_server(RecordedIo io) {
  auto header = std::make_shared<RecordHeader>();
  header->io = io;
  header->udp_port = 443;
  header->sends_by_socket = 1;
  header->socket.add(PortCounter::received_datagrams, 7);
  std::vector<InterfaceSnapshot> servers(1);
  servers[0].interface.name = "udp:443";
  servers[0].queues.push_back({.alive = true, .header = header, .frames = {}, .socket = {}});
  return servers;
}

TEST(StatsText, OfSocketsSaysNothingOfAfXdp) {
  const std::string text = format_text(socket_server(RecordedIo::socket));
  EXPECT_EQ(text.substr(0, text.find('\n')), "udp:443");
  EXPECT_EQ(line_of(text, "worker 0:"), "worker 0: UDP port 443, the kernel's sockets");
  EXPECT_EQ(line_of(text, "mode"), "mode socket");
  EXPECT_EQ(line_of(text, "received_datagrams", "datagrams by the kernel's sockets"), "received_datagrams 7");
  for (const char* absent : {"XDP", "rings", "queue 0", "gather"})
    EXPECT_EQ(text.find(absent), std::string::npos) << absent;
}

TEST(StatsJson, TellsByWhatDatagramsComeAndGo) {
  const auto queue_in = [](const std::vector<InterfaceSnapshot>& snapshots) {
    return nlohmann::json::parse(format_json(snapshots))["interfaces"][0]["queues"][0];
  };
  auto interfaces = two_queues();
  EXPECT_EQ(queue_in(interfaces)["io"], "af-xdp");
  EXPECT_EQ(queue_in(interfaces)["transmit"], "af-xdp");
  EXPECT_EQ(queue_in(interfaces)["aead"], "gnutls");
  auto header = header_of(0);
  header->sends_by_socket = 1;
  interfaces[0].queues[0].header = header;
  EXPECT_EQ(queue_in(interfaces)["transmit"], "socket");
  const auto servers = socket_server(RecordedIo::io_uring);
  EXPECT_EQ(queue_in(servers)["io"], "io_uring");
  EXPECT_EQ(queue_in(servers)["transmit"], "io_uring");
  const auto server = nlohmann::json::parse(format_json(servers))["interfaces"][0];
  EXPECT_EQ(server["name"], "udp:443");
  EXPECT_EQ(server["program"], nullptr);
  EXPECT_EQ(server["queues"][0]["xsk"], nullptr);
}

TEST(StatsText, OfManyQueuesFitsThePage) {
  std::vector<InterfaceSnapshot> interfaces(1);
  for (std::uint32_t queue = 0; queue < 16; ++queue)
    interfaces[0].queues.push_back(queue_of(header_of(queue)));
  const std::string text = format_text(interfaces);
  EXPECT_NE(text.find("\n  queues 0 to 15: "), std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(StatsJson, TellsTheWorkerOfAQueue) {
  auto interfaces = two_queues();
  auto unpinned = header_of(1);
  unpinned->cpu = -1;
  interfaces[0].queues[1].header = unpinned;
  const auto queues = nlohmann::json::parse(format_json(interfaces))["interfaces"][0]["queues"];
  EXPECT_EQ(queues[0]["worker"], (nlohmann::json{{"number", 0}, {"thread", 4712}, {"cpu", 2}}));
  EXPECT_EQ(queues[1]["worker"], (nlohmann::json{{"number", 1}, {"thread", 4713}, {"cpu", nullptr}}));
}

TEST(StatsJson, HasEveryBucketOfTheHandoffs) {
  const auto queues = nlohmann::json::parse(format_json(two_queues()))["interfaces"][0]["queues"];
  EXPECT_EQ(queues[0]["handoff"]["out"], 2);
  const auto& handoff = queues[1]["handoff"];
  EXPECT_EQ(handoff["in"], 2);
  EXPECT_EQ(handoff["full"], 0);
  EXPECT_EQ(handoff["wakeups"], 0);
  ASSERT_EQ(handoff["latency"].size(), LatencyHistogram::kBuckets);
  EXPECT_EQ(handoff["latency"][0], (nlohmann::json{{"below_us", 1}, {"count", 0}}));
  EXPECT_EQ(handoff["latency"][2], (nlohmann::json{{"below_us", 4}, {"count", 1}}));
  EXPECT_EQ(handoff["latency"][10], (nlohmann::json{{"below_us", 1024}, {"count", 1}}));
  EXPECT_EQ(handoff["latency"].back(), (nlohmann::json{{"below_us", nullptr}, {"count", 0}}));
}

}  // namespace
}  // namespace quicrx
