// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "cli/run_options.h"
#include "quicrx/result.h"

namespace quicrx::cli {

/// By what `run` is to serve, as far as the words say.
struct IoChoice {
  Io io = Io::socket;          ///< never automatic
  bool may_fall_back = false;  ///< to sockets, where the machine or the user's rights do not allow it
  std::string why_not_af_xdp;  ///< why `--io auto` came to something else; empty otherwise
};

/// Refuses words that contradict each other.
Result<IoChoice> choose_io(const RunOptions& options);

/// Sockets instead of AF_XDP, which was refused.
IoChoice fallen_back(const Error& why);

/// The options that `--io auto` lets pass and what it came to has no use for: "--queues, --frames"; empty
/// without.
std::string ignored_words(const RunOptions& options, Io io);

}  // namespace quicrx::cli
