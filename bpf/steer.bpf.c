// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Steers QUIC datagrams of our ports and addresses to the AF_XDP socket of the queue they came in on.
 * Whatever is not proven ours goes to the kernel before any check that could drop it; so does what is ours
 * while no socket is there (a dead poller must not be a black hole).
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "decide.bpf.h"
#include "steer_abi.h"

#ifdef QUICRX_WITH_METADATA
#include "metadata.bpf.h"
#endif

const volatile struct quicrx_constants quicrx_constants = {};

char _license[] SEC("license") = "Dual MIT/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct quicrx_config);
} quicrx_config SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct quicrx_port_set);
} quicrx_ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, QUICRX_MAX_PREFIXES);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct quicrx_prefix4);
  __type(value, __u8);
} quicrx_prefix4 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, QUICRX_MAX_PREFIXES);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct quicrx_prefix6);
  __type(value, __u8);
} quicrx_prefix6 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, QUICRX_MAX_QUEUES);
  __type(key, __u32);
  __type(value, __u32);
} quicrx_xsks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct quicrx_counters);
} quicrx_counters SEC(".maps");

/* The entry of a map that has one. */
static __always_inline void* only_entry(void* map) {
  const __u32 key = 0;

  return bpf_map_lookup_elem(map, &key);
}

static __always_inline int has_port(__u16 port) {
  const struct quicrx_port_set* ports = only_entry(&quicrx_ports);

  return ports && (ports->word[port >> 6] >> (port & 63)) & 1;
}

static __always_inline int has_prefix4(const struct quicrx_prefix4* key) {
  return bpf_map_lookup_elem(&quicrx_prefix4, key) != 0;
}

static __always_inline int has_prefix6(const struct quicrx_prefix6* key) {
  return bpf_map_lookup_elem(&quicrx_prefix6, key) != 0;
}

static __always_inline __u32 frame_bytes_of(struct xdp_md* context) {
  if (quicrx_constants.multi_buffer) return bpf_xdp_get_buff_len(context);
  return context->data_end - context->data;
}

static __always_inline int steer(struct xdp_md* context, struct quicrx_counters* counters) {
  struct cursor cursor = {.at = (const __u8*)(long)context->data,
                          .end = (const __u8*)(long)context->data_end,
                          .start = (const __u8*)(long)context->data,
                          .frame_bytes = frame_bytes_of(context)};
  struct datagram datagram = {};

  return decide(&cursor, only_entry(&quicrx_config), counters, &datagram);
}

/* Counts nothing: sets the verdict by which the packet goes. */
static __always_inline int redirect(struct xdp_md* context, int* verdict) {
  int action = bpf_redirect_map(&quicrx_xsks, context->rx_queue_index, XDP_PASS);

  if (action == XDP_PASS) {
    *verdict = QUICRX_PASS_NO_SOCKET;
    return XDP_PASS;
  }
#ifdef QUICRX_WITH_METADATA
  if (!put_metadata(context)) {
    *verdict = QUICRX_PASS_NO_METADATA;
    return XDP_PASS;
  }
#endif
  return action;
}

SEC("xdp")
int quicrx_steer(struct xdp_md* context) {
  struct quicrx_counters* counters = only_entry(&quicrx_counters);
  int verdict, action = XDP_PASS;

  if (!counters) return XDP_PASS;
  verdict = steer(context, counters);
  if (verdict == QUICRX_REDIRECTED) {
    action = redirect(context, &verdict);
  } else if (verdict == QUICRX_DROP_NOT_QUIC) {
    action = XDP_DROP;
  }
  if (verdict >= 0 && verdict < QUICRX_COUNTERS) counters->value[verdict]++;
  return action;
}
