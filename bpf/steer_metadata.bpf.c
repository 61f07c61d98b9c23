// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/* The same program, which also puts what the NIC says of a packet before it. Loads only bound to a device. */
#define QUICRX_WITH_METADATA
#include "steer.bpf.c"
