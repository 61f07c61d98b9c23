// SPDX-License-Identifier: MIT
#include "cli/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace quicrx::cli {

Signals::Signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t read;
  sigemptyset(&read);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&read, number);
  sigprocmask(SIG_BLOCK, &read, nullptr);
  descriptor_ = Descriptor(signalfd(-1, &read, SFD_CLOEXEC | SFD_NONBLOCK));
}

int Signals::take() const {
  signalfd_siginfo taken;
  return read(descriptor_.get(), &taken, sizeof(taken)) == sizeof(taken) ? static_cast<int>(taken.ssi_signo)
                                                                         : 0;
}

}  // namespace quicrx::cli
