// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/* Which of the server's receive queues a test's client reaches: on veth that is the sender's transmit queue.
 * For the egress of the client's interface; each section is a way of spreading. A flow is a socket and what
 * it sends to. New flows to one address alternate between two queues; the first of an odd address goes to
 * queue 1. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual MIT/GPL";

#define QUEUES 2

struct flow {
  __u64 socket;  /* not its port, which another gets again */
  __u32 address; /* of IPv6 the last part */
  __u32 port;
};

struct place {
  __u32 queue; /* of the flow's first packet */
  __u32 packets;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct flow);
  __type(value, struct place);
} places SEC(".maps");

/* Flows so far, by address. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} flows SEC(".maps");

static __always_inline int find_flow(struct __sk_buff* packet, struct flow* flow) {
  const void* end = (const void*)(long)packet->data_end;
  const void* ip = (const void*)(long)packet->data + sizeof(struct ethhdr);
  const struct udphdr* udp;

  if (packet->protocol == bpf_htons(ETH_P_IP)) {
    const struct iphdr* v4 = ip;

    if ((const void*)(v4 + 1) > end || v4->protocol != IPPROTO_UDP) return 0;
    flow->address = bpf_ntohl(v4->daddr);
    udp = (const void*)(v4 + 1);
  } else if (packet->protocol == bpf_htons(ETH_P_IPV6)) {
    const struct ipv6hdr* v6 = ip;

    if ((const void*)(v6 + 1) > end || v6->nexthdr != IPPROTO_UDP) return 0;
    flow->address = bpf_ntohl(v6->daddr.in6_u.u6_addr32[3]);
    udp = (const void*)(v6 + 1);
  } else {
    return 0;
  }
  if ((const void*)(udp + 1) > end) return 0;
  flow->port = bpf_ntohs(udp->dest);
  flow->socket = bpf_get_socket_cookie(packet);
  return 1;
}

static __always_inline struct place* find_place(const struct flow* flow) {
  const __u32 none = 0;
  struct place fresh = {};
  struct place* known = bpf_map_lookup_elem(&places, flow);
  __u32* before;

  if (known) return known;
  bpf_map_update_elem(&flows, &flow->address, &none, BPF_NOEXIST);
  before = bpf_map_lookup_elem(&flows, &flow->address);
  if (!before) return 0;
  fresh.queue = (flow->address + __sync_fetch_and_add(before, 1)) % QUEUES;
  bpf_map_update_elem(&places, flow, &fresh, BPF_NOEXIST);
  return bpf_map_lookup_elem(&places, flow);
}

/* What stands for a receive queue, counted from 1, becomes the transmit queue (skb_tx_hash). A connected
 * socket would keep the queue of its first packet; gtlsclient's are not connected. */
static __always_inline int send_by(struct __sk_buff* packet, __u32 queue) {
  packet->queue_mapping = 1 + queue % QUEUES;
  return TC_ACT_OK;
}

static __always_inline int spread(struct __sk_buff* packet, __u32 packets_a_turn) {
  struct flow flow = {};
  struct place* place;

  if (!find_flow(packet, &flow)) return TC_ACT_OK;
  place = find_place(&flow);
  if (!place) return TC_ACT_SHOT;
  if (packets_a_turn == 0) return send_by(packet, place->queue);
  return send_by(packet, place->queue + __sync_fetch_and_add(&place->packets, 1) / packets_a_turn);
}

/* A flow stays where it is. */
SEC("tc/by_flow")
int spread_by_flow(struct __sk_buff* packet) {
  return spread(packet, 0);
}

/* As if the NIC's table changed under way. */
SEC("tc/every_64_packets")
int spread_every_64_packets(struct __sk_buff* packet) {
  return spread(packet, 64);
}

SEC("tc/every_packet")
int spread_every_packet(struct __sk_buff* packet) {
  return spread(packet, 1);
}
