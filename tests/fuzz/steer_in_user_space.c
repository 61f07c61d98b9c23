// SPDX-License-Identifier: MIT
#include "steer_in_user_space.h"

#include <linux/stddef.h>
#include <string.h>

#include <bpf/bpf_endian.h>

#include "decide.bpf.h"

/* The header's functions have no argument for it. */
static const struct steer_rules* rules_in_use;

static __always_inline int has_port(__u16 port) {
  return port == rules_in_use->port;
}

static __always_inline int has_prefix4(const struct quicrx_prefix4* key) {
  return memcmp(key->address, rules_in_use->address4, sizeof(key->address)) == 0;
}

static __always_inline int has_prefix6(const struct quicrx_prefix6* key) {
  return memcmp(key->address, rules_in_use->address6, sizeof(key->address)) == 0;
}

struct steer_decision steer_in_user_space(const __u8* frame, __u32 linear_bytes, __u32 frame_bytes,
                                          const struct steer_rules* rules, struct quicrx_counters* counters) {
  struct cursor cursor = {
      .at = frame, .end = frame + linear_bytes, .start = frame, .frame_bytes = frame_bytes};
  struct datagram datagram = {0};
  struct steer_decision decision = {0};

  rules_in_use = rules;
  decision.verdict = decide(&cursor, &rules->config, counters, &datagram);
  counters->value[decision.verdict]++;
  if (decision.verdict != QUICRX_REDIRECTED) return decision;
  decision.ip_version = datagram.ip_version;
  memcpy(decision.destination, datagram.destination, datagram.ip_version == 4 ? 4 : 16);
  decision.destination_port = bpf_ntohs(datagram.udp->dest);
  decision.payload_offset = (__u32)(cursor.at - frame);
  decision.payload_bytes = bpf_ntohs(datagram.udp->len) - (__u32)sizeof(struct udphdr);
  return decision;
}
