// SPDX-License-Identifier: MIT
/* Floor of row 1: AF_XDP's rings by libxdp, its own program, and nothing else: from the receive ring to the
 * fill ring.
 *
 *   rings INTERFACE [zero-copy] */
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include "floor.h"

enum { FRAMES = 4096, CHUNK = 2048, HEADERS = 14 + 20 + 8 };

struct rings {
  struct xsk_ring_prod fill;
  struct xsk_ring_cons receive, completion;
  struct xsk_umem* umem;
  struct xsk_socket* socket;
  uint8_t* memory;
};

static int open_rings(struct rings* rings, const char* interface, int zero_copy) {
  const struct xsk_umem_config umem = {
      .fill_size = FRAMES, .comp_size = BATCH, .frame_size = CHUNK, .frame_headroom = 0, .flags = 0};
  const struct xsk_socket_config socket = {
      .rx_size = FRAMES / 2,
      .tx_size = 0,
      .xdp_flags = XDP_FLAGS_DRV_MODE,
      .bind_flags = (uint16_t)((zero_copy ? XDP_ZEROCOPY : XDP_COPY) | XDP_USE_NEED_WAKEUP)};
  uint32_t at = 0;
  int status;

  rings->memory = mmap(NULL, (size_t)FRAMES * CHUNK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (rings->memory == MAP_FAILED) return -1;
  status = xsk_umem__create(&rings->umem, rings->memory, (size_t)FRAMES * CHUNK, &rings->fill,
                            &rings->completion, &umem);
  if (status != 0) return status;
  status = xsk_socket__create(&rings->socket, interface, 0, rings->umem, &rings->receive, NULL, &socket);
  if (status != 0) return status;
  if (xsk_ring_prod__reserve(&rings->fill, FRAMES, &at) != FRAMES) return -1;
  for (uint32_t i = 0; i < FRAMES; i++) *xsk_ring_prod__fill_addr(&rings->fill, at + i) = (uint64_t)i * CHUNK;
  xsk_ring_prod__submit(&rings->fill, FRAMES);
  return 0;
}

/* How many there were. */
static uint32_t turn(struct rings* rings, struct tally* tally) {
  uint32_t from = 0, to = 0;
  const uint32_t got = xsk_ring_cons__peek(&rings->receive, BATCH, &from);

  if (got == 0) return 0;
  /* It holds all frames, so there is always room. */
  xsk_ring_prod__reserve(&rings->fill, got, &to);
  for (uint32_t i = 0; i < got; i++) {
    const struct xdp_desc* one = xsk_ring_cons__rx_desc(&rings->receive, from + i);

    if (one->len > HEADERS) look_at(tally, rings->memory + one->addr + HEADERS, one->len - HEADERS);
    *xsk_ring_prod__fill_addr(&rings->fill, to + i) = one->addr & ~(uint64_t)(CHUNK - 1);
  }
  xsk_ring_prod__submit(&rings->fill, got);
  xsk_ring_cons__release(&rings->receive, got);
  tally->turns++;
  return got;
}

int main(int count, char** words) {
  struct rings rings = {0};
  struct tally tally = {0};
  struct pollfd waiting = {.events = POLLIN};
  sigset_t mask;
  int status;

  if (count < 2) return 2;
  status = open_rings(&rings, words[1], count > 2);
  if (status != 0) {
    fprintf(stderr, "rings: no AF_XDP socket on %s: %s\n", words[1], strerror(-status));
    return 1;
  }
  waiting.fd = xsk_socket__fd(rings.socket);
  mask = end_by_sigterm();
  say_ready();
  while (!ended)
    if (turn(&rings, &tally) == 0) ppoll(&waiting, 1, NULL, &mask);
  say(&tally);
  xsk_socket__delete(rings.socket);
  xsk_umem__delete(rings.umem);
  return 0;
}
