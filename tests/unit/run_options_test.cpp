// SPDX-License-Identifier: MIT
/// What the words of `quicrx run` come to, by AF_XDP or by sockets.
#include <gtest/gtest.h>

#include "cli/io_choice.h"
#include "cli/listen_addresses.h"

namespace quicrx::cli {
namespace {

RunOptions on_interface(Io io = Io::automatic) {
  RunOptions options;
  options.interfaces = {"s0"};
  options.io = io;
  options.port = 443;
  return options;
}

RunOptions on_port(Io io = Io::automatic) {
  RunOptions options;
  options.io = io;
  options.port = 443;
  return options;
}

RunOptions listening(std::vector<std::string> addresses) {
  RunOptions options;
  options.io = Io::socket;
  options.listen = std::move(addresses);
  return options;
}

void expect_refused(const RunOptions& options, const std::string& word) {
  const auto choice = choose_io(options);
  ASSERT_FALSE(choice) << word;
  EXPECT_EQ(choice.error().kind, ErrorKind::usage);
  EXPECT_NE(choice.error().message.find(word), std::string::npos) << choice.error().message;
}

TEST(IoChoice, AutoTakesAnInterfaceByAfXdpAndMayFallBack) {
  const auto choice = choose_io(on_interface()).value();
  EXPECT_EQ(choice.io, Io::af_xdp);
  EXPECT_TRUE(choice.may_fall_back);
  EXPECT_FALSE(choose_io(on_interface(Io::af_xdp)).value().may_fall_back);
  RunOptions outright = on_interface();
  outright.bind = BindMode::zero_copy;
  EXPECT_FALSE(choose_io(outright).value().may_fall_back) << "zero copy or nothing";
}

TEST(IoChoice, AutoSaysWhyItIsSockets) {
  const auto without = choose_io(on_port()).value();
  EXPECT_EQ(without.io, Io::socket);
  EXPECT_NE(without.why_not_af_xdp.find("no interface"), std::string::npos);
  auto options = listening({"127.0.0.1:443"});
  options.io = Io::automatic;
  options.interfaces = {"s0"};
  const auto listen = choose_io(options).value();
  EXPECT_EQ(listen.io, Io::socket);
  EXPECT_NE(listen.why_not_af_xdp.find("--listen"), std::string::npos);
  EXPECT_EQ(choose_io(on_port(Io::socket)).value().why_not_af_xdp, "");
}

TEST(IoChoice, RefusesWordsThatContradict) {
  expect_refused(on_port(Io::af_xdp), "wants an interface");
  expect_refused(on_interface(Io::socket), "leave out s0");
  expect_refused(on_interface(Io::io_uring), "leave out s0");
  auto options = on_interface(Io::af_xdp);
  options.workers = 2;
  expect_refused(options, "--workers");
  options = listening({"127.0.0.1:443"});
  options.interfaces = {"s0"};
  options.io = Io::af_xdp;
  expect_refused(options, "quicrx load --address");
  options = on_port(Io::socket);
  options.frames = 128;
  options.transmit = TransmitBy::af_xdp;
  expect_refused(options, "--frames, --tx");
  options = listening({"127.0.0.1:443"});
  options.port = 443;
  expect_refused(options, "leave out --port");
  expect_refused(listening({}), "--port is missing");
}

TEST(IoChoice, AutoIgnoresWhatIsOfNoUse) {
  auto options = on_interface();
  options.queues = "0";
  options.workers = 2;
  EXPECT_TRUE(choose_io(options));
  EXPECT_EQ(ignored_words(options, Io::socket), "--queues");
  EXPECT_EQ(ignored_words(options, Io::af_xdp), "--workers");
}

TEST(ListenAddresses, AreAllOfAPortOrThoseThatAreNamed) {
  const auto all = listen_addresses(on_port()).value();
  EXPECT_EQ(all.name, "udp:443");
  EXPECT_EQ(all.ipv4, SocketAddress::any_ipv4(443));
  EXPECT_EQ(all.ipv6, SocketAddress::any_ipv6(443));
  const auto both = listen_addresses(listening({"[::1]:444", "127.0.0.1:443"})).value();
  EXPECT_EQ(both.name, "udp:127.0.0.1:443,[::1]:444");
  const auto one = listen_addresses(listening({"[::1]:444"})).value();
  EXPECT_EQ(one.name, "udp:[::1]:444");
  EXPECT_FALSE(one.ipv4);
  EXPECT_EQ(one.port(), 444);
}

TEST(ListenAddresses, RefuseWhatIsNone) {
  for (const char* text :
       {"", "127.0.0.1", "localhost:443", "127.0.0.1:0", "224.0.0.1:443", "127.0.0.1:70000"}) {
    const auto listen = listen_addresses(listening({text}));
    ASSERT_FALSE(listen) << text;
    EXPECT_EQ(listen.error().message.substr(0, 9), "--listen:");
  }
  EXPECT_FALSE(listen_addresses(listening({"127.0.0.1:1", "127.0.0.2:1"})));
}

}  // namespace
}  // namespace quicrx::cli
