// SPDX-License-Identifier: MIT
#include <bpf/libbpf.h>
#include <gnutls/gnutls.h>
#include <nghttp3/nghttp3.h>
#include <ngtcp2/ngtcp2.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <string>

#include "cli/commands.h"
#include "cli/exit_status.h"

namespace {

std::string version_text() {
  return std::string("quicrx " QUICRX_VERSION) + "\nngtcp2 " + ngtcp2_version(0)->version_str + ", nghttp3 " +
         nghttp3_version(0)->version_str + ", GnuTLS " + gnutls_check_version(nullptr) + ", libbpf " +
         std::to_string(libbpf_major_version()) + "." + std::to_string(libbpf_minor_version()) +
         ", libxdp " LIBXDP_VERSION;
}

}  // namespace

int main(int argc, char** argv) {
  using quicrx::cli::Action;
  CLI::App app(
      "A QUIC server on AF_XDP: packets from the network card to QUIC without the kernel's UDP stack.",
      "quicrx");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 done, 1 failed, 2 wrong words, 3 not permitted, 4 not found, 5 busy, 6 not supported "
      "here, 7 (check) advice.\n"
      "'quicrx COMMAND --help' tells of a command.");
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    const auto chosen = failed->get_subcommands();
    return "quicrx: " + std::string(error.what()) + "; see 'quicrx " +
           (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help'\n";
  });
  Action action;
  quicrx::cli::add_load(app, action);
  quicrx::cli::add_unload(app, action);
  quicrx::cli::add_run(app, action);
  quicrx::cli::add_stats(app, action);
  quicrx::cli::add_check(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(quicrx::cli::ExitStatus::usage);
  }
  const auto done = action();
  return done ? static_cast<int>(*done) : quicrx::cli::report(done.error());
}
