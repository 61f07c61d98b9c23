/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * What the NIC says of a packet, put before it for the poller. Only a program that is bound to its device may
 * ask (kernel: Documentation/networking/xdp-rx-metadata.rst).
 */
#ifndef QUICRX_METADATA_BPF_H
#define QUICRX_METADATA_BPF_H

#include "steer_abi.h"

enum xdp_rss_hash_type; /* not looked at */

extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md* context, __u64* timestamp) __ksym;
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md* context, __u32* hash,
                                    enum xdp_rss_hash_type* type) __ksym;

/* False where the driver leaves no room before its packets. */
static __always_inline int put_metadata(struct xdp_md* context) {
  struct quicrx_metadata told = {}, *place;
  __u32 hash_type = 0;

  /* Asked first: some drivers keep what they know where the metadata will lie. */
  if (bpf_xdp_metadata_rx_timestamp(context, &told.timestamp_ns) != 0) told.timestamp_ns = 0;
  if (bpf_xdp_metadata_rx_hash(context, &told.hash, (void*)&hash_type) != 0) told.hash = 0;
  if (bpf_xdp_adjust_meta(context, -(int)sizeof(told)) != 0) return 0;
  place = (void*)(long)context->data_meta;
  if ((void*)(place + 1) > (void*)(long)context->data) return 0;
  *place = told;
  return 1;
}

#endif
