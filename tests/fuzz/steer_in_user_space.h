/* SPDX-License-Identifier: MIT */
/* The XDP program's decision (bpf/decide.bpf.h) as a function of user space. */
#pragma once

#include "steer_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Instead of the program's maps: one port, one address of each family. */
struct steer_rules {
  struct quicrx_config config;
  __u16 port;
  __u8 address4[4];
  __u8 address6[16];
};

struct steer_decision {
  int verdict;
  /* Where the program says they are, when the verdict is QUICRX_REDIRECTED. */
  __u8 ip_version;
  __u8 destination[16];
  __u16 destination_port;
  __u32 payload_offset;
  __u32 payload_bytes;
};

/* Of a frame of `frame_bytes`, the first `linear_bytes` lie at `frame`. Counts as the program does. */
struct steer_decision steer_in_user_space(const __u8* frame, __u32 linear_bytes, __u32 frame_bytes,
                                          const struct steer_rules* rules, struct quicrx_counters* counters);

#ifdef __cplusplus
}
#endif
