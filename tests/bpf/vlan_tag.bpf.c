// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/* Tags what a test's client sends and untags what it receives, on kernels without VLAN devices. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual MIT/GPL";

SEC("tc/push")
int push_vlan_tag(struct __sk_buff* packet) {
  const __u16 priority_5_id_100 = 5 << 13 | 100;

  return bpf_skb_vlan_push(packet, bpf_htons(ETH_P_8021Q), priority_5_id_100) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}

/* What comes back without its tag, or with another, is lost. */
SEC("tc/pop")
int pop_vlan_tag(struct __sk_buff* packet) {
  if (!packet->vlan_present || packet->vlan_tci != (5 << 13 | 100)) return TC_ACT_SHOT;
  return bpf_skb_vlan_pop(packet) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}
