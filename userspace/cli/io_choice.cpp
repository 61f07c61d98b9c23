// SPDX-License-Identifier: MIT
#include "cli/io_choice.h"

namespace quicrx::cli {
namespace {

std::string word_of(Io io) {
  return io == Io::socket ? "--io socket" : "--io io_uring";
}

/// Only AF_XDP has a use for these.
std::string af_xdp_words(const RunOptions& options) {
  std::string words;
  const auto add = [&](bool given, const char* word) {
    if (given) words += (words.empty() ? "" : ", ") + std::string(word);
  };
  add(options.queues.has_value(), "--queues");
  add(options.bind.has_value(), "--bind");
  add(options.frames.has_value(), "--frames");
  add(options.busy_poll_microseconds.has_value(), "--busy-poll");
  add(options.transmit.has_value(), "--tx");
  return words;
}

Result<void> check_af_xdp_words(const RunOptions& options) {
  if (options.interfaces.empty())
    return fail(ErrorKind::usage, "--io af-xdp wants an interface to serve; 'ip link' shows them");
  if (!options.listen.empty())
    return fail(
        ErrorKind::usage,
        "--listen is for --io socket and io_uring: AF_XDP serves an interface's addresses; see 'quicrx "
        "load --address'");
  if (options.workers)
    return fail(
        ErrorKind::usage,
        "--workers is for --io socket and io_uring: AF_XDP has a worker for each queue; see --queues");
  return {};
}

Result<void> check_socket_words(const RunOptions& options) {
  if (!options.interfaces.empty())
    return fail(ErrorKind::usage, word_of(options.io) + " serves addresses, not interfaces: leave out " +
                                      options.interfaces.front() + "; --listen names an address");
  if (const std::string words = af_xdp_words(options); !words.empty())
    return fail(ErrorKind::usage, words + ": for AF_XDP, not for " + word_of(options.io));
  return {};
}

Result<void> check_port(const RunOptions& options) {
  if (options.port == 0 && options.listen.empty())
    return fail(ErrorKind::usage, "--port is missing (or, for sockets, --listen); see 'quicrx run --help'");
  if (options.port != 0 && !options.listen.empty())
    return fail(ErrorKind::usage, "--listen names the port, too: leave out --port");
  return {};
}

IoChoice automatic_choice(const RunOptions& options) {
  if (options.interfaces.empty()) return {Io::socket, false, "no interface was named"};
  if (!options.listen.empty())
    return {Io::socket, false, "--listen was given, and AF_XDP serves an interface's addresses"};
  // Who asks for zero copy outright wants nothing less.
  return {Io::af_xdp, options.bind != BindMode::zero_copy, ""};
}

}  // namespace

Result<IoChoice> choose_io(const RunOptions& options) {
  auto checked = Result<void>();
  if (options.io == Io::af_xdp) checked = check_af_xdp_words(options);
  if (options.io == Io::socket || options.io == Io::io_uring) checked = check_socket_words(options);
  if (checked) checked = check_port(options);
  if (!checked) return tl::unexpected(checked.error());
  return options.io == Io::automatic ? automatic_choice(options) : IoChoice{options.io, false, ""};
}

IoChoice fallen_back(const Error& why) {
  return {Io::socket, false, why.message};
}

std::string ignored_words(const RunOptions& options, Io io) {
  if (io == Io::af_xdp) return options.workers ? "--workers" : "";
  return af_xdp_words(options);
}

}  // namespace quicrx::cli
