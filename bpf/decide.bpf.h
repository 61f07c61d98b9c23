/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * What becomes of a frame, by its bytes and by what the maps say. Asks the maps through three functions of
 * whoever includes it, so that a fuzzer can run the same lines in user space (tests/fuzz/xdp_parser.cpp).
 */
#ifndef QUICRX_DECIDE_BPF_H
#define QUICRX_DECIDE_BPF_H

#include "parse.bpf.h"
#include "quic.bpf.h"
#include "steer_abi.h"

static __always_inline int has_port(__u16 port);
static __always_inline int has_prefix4(const struct quicrx_prefix4* key);
static __always_inline int has_prefix6(const struct quicrx_prefix6* key);

/* `frame` holds an Ethernet header: it has been parsed. */
static __always_inline int is_for_station(const __u8* frame, const __u8* mac) {
  const __u16* to = (const void*)frame;
  const __u16* ours = (const void*)mac;

  return to[0] == ours[0] && to[1] == ours[1] && to[2] == ours[2];
}

static __always_inline int is_our_address(const struct datagram* datagram, __u32 flags) {
  if (flags & QUICRX_ANY_ADDRESS) return 1;
  if (datagram->ip_version == 4) {
    struct quicrx_prefix4 key = {.prefix_bits = 32};

    __builtin_memcpy(key.address, datagram->destination, sizeof(key.address));
    return has_prefix4(&key);
  } else {
    struct quicrx_prefix6 key = {.prefix_bits = 128};

    __builtin_memcpy(key.address, datagram->destination, sizeof(key.address));
    return has_prefix6(&key);
  }
}

/* Returns the verdict; counts only the reason for which a datagram cannot be QUIC. */
static __always_inline int decide(struct cursor* cursor, const struct quicrx_config* config,
                                  struct quicrx_counters* counters, struct datagram* datagram) {
  const __u8* frame = cursor->at;
  int reason = parse_frame(cursor, datagram);

  if (reason != QUICRX_GO_ON) return reason;
  if (!has_port(bpf_ntohs(datagram->udp->dest))) return QUICRX_PASS_PORT;
  if (!config || !is_for_station(frame, config->mac)) return QUICRX_PASS_OTHER_STATION;
  if (!is_our_address(datagram, config->flags)) return QUICRX_PASS_ADDRESS;

  if (config->flags & QUICRX_ANY_PAYLOAD) return QUICRX_REDIRECTED;
  reason = check_quic(datagram, cursor);
  if (reason == QUICRX_GO_ON) return QUICRX_REDIRECTED;
  if (reason == QUICRX_PASS_SPLIT_HEADERS) return reason;
  if (reason >= 0 && reason < QUICRX_COUNTERS) counters->value[reason]++;
  return config->flags & QUICRX_PASS_INVALID ? QUICRX_PASS_NOT_QUIC : QUICRX_DROP_NOT_QUIC;
}

#endif
