// SPDX-License-Identifier: MIT
/* What the receivers of row 1 have in common: they count until SIGTERM, look at each datagram as ours does,
 * and say what they got. */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BATCH 64

struct tally {
  uint64_t datagrams, bytes, first_bytes, turns;
};

static inline void look_at(struct tally* tally, const uint8_t* payload, size_t bytes) {
  tally->datagrams++;
  tally->bytes += bytes;
  tally->first_bytes += payload[0];
}

static volatile sig_atomic_t ended;

static void end(int number) {
  (void)number;
  ended = 1;
}

/* SIGTERM is only seen inside ppoll, so that none comes between the look and the wait. The mask to wait with.
 */
static inline sigset_t end_by_sigterm(void) {
  struct sigaction action;
  sigset_t blocked, before;

  memset(&action, 0, sizeof(action));
  action.sa_handler = end;
  sigaction(SIGTERM, &action, NULL);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  return before;
}

static inline void say_ready(void) {
  puts("ready");
  fflush(stdout);
}

static inline void say(const struct tally* tally) {
  printf("{\"datagrams\": %llu, \"bytes\": %llu, \"first_bytes\": %llu, \"turns\": %llu}\n",
         (unsigned long long)tally->datagrams, (unsigned long long)tally->bytes,
         (unsigned long long)tally->first_bytes, (unsigned long long)tally->turns);
}
