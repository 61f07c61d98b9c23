// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/* The middle of the bench's wire: what comes in at one end goes out at the other, as an XDP frame, which is
 * what a NIC's driver has. The two interfaces there have numbers that differ in the lowest bit alone
 * (tests/bench/wire.py). */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int other_end(struct xdp_md* packet) {
  return (int)bpf_redirect(packet->ingress_ifindex ^ 1, 0);
}
