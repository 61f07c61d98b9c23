// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/* Somebody else's XDP programs. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int foreign(struct xdp_md* context) {
  (void)context;
  return XDP_PASS;
}

SEC("xdp/drop")
int foreign_drop(struct xdp_md* context) {
  (void)context;
  return XDP_DROP;
}
