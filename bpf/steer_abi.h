/* SPDX-License-Identifier: MIT */
/*
 * What the XDP program and userspace agree on: map names and layouts, flags, counters. Read by both;
 * nothing of it is repeated elsewhere.
 */
#ifndef QUICRX_STEER_ABI_H
#define QUICRX_STEER_ABI_H

#include <linux/types.h>

/* The program's function name, by which a leftover of ours is recognised. */
#define QUICRX_PROGRAM_NAME "quicrx_steer"

/* quicrx_config: array of one. */
struct quicrx_config {
  __u32 flags; /* enum quicrx_flag */
  __u8 mac[6]; /* of the interface: what is for other stations is not ours */
  __u8 unused[2];
};

enum quicrx_flag {
  QUICRX_ANY_ADDRESS = 1u << 0,  /* every destination address is ours: the prefix maps are not asked */
  QUICRX_PASS_INVALID = 1u << 1, /* what cannot be QUIC goes to the kernel instead of being dropped */
  QUICRX_ANY_PAYLOAD = 1u << 5,  /* not QUIC alone: every datagram that is ours is redirected */
  /* What the loader remembers here; the program does not look at it. */
  QUICRX_OWNED_BY_POLLER = 1u << 2, /* loaded by a poller for its own time */
  QUICRX_MULTI_BUFFER = 1u << 3,    /* built for frames of several buffers */
  QUICRX_RX_METADATA = 1u << 4,     /* every redirected packet has a quicrx_metadata before it */
};

/* Set before the program is loaded. */
struct quicrx_constants {
  __u32 multi_buffer; /* a frame may lie in several buffers (XDP frags: Linux 5.18) */
};

/* Before the first byte of a packet that is redirected, where QUICRX_RX_METADATA is set. */
struct quicrx_metadata {
  __u64 timestamp_ns; /* by the NIC's clock; 0: none */
  __u32 hash;         /* of the flow, by the NIC's RSS function; 0: none */
  __u32 unused;
};

/* quicrx_ports: array of one. Bit (port & 63) of word (port >> 6), port in host byte order. */
#define QUICRX_PORT_WORDS 1024
struct quicrx_port_set {
  __u64 word[QUICRX_PORT_WORDS];
};

/* quicrx_prefix4, quicrx_prefix6: longest-prefix tries. The value is unused (a trie needs one). */
struct quicrx_prefix4 {
  __u32 prefix_bits;
  __u8 address[4];
};
struct quicrx_prefix6 {
  __u32 prefix_bits;
  __u8 address[16];
};
#define QUICRX_MAX_PREFIXES 1024

/* quicrx_xsks: AF_XDP socket by receive queue. */
#define QUICRX_MAX_QUEUES 256

/* The shortest packet with a short header, a stateless reset: RFC 9000 10.3. */
#define QUICRX_MIN_SHORT_PACKET 21

/*
 * quicrx_counters: per-CPU array of one, a struct of one counter for each of these.
 * A packet adds to exactly one verdict; a packet that cannot be QUIC adds to one reason as well.
 */
enum quicrx_counter {
  /* verdicts */
  QUICRX_REDIRECTED,         /* to the AF_XDP socket of its queue */
  QUICRX_PASS_RUNT,          /* shorter than its own headers say */
  QUICRX_PASS_OTHER_STATION, /* another MAC address: broadcast, multicast, promiscuous mode, a guest's */
  QUICRX_PASS_NOT_IP,        /* neither IPv4 nor IPv6 after at most two VLAN tags */
  QUICRX_PASS_NOT_UDP,       /* another transport, or an extension header that we cannot look behind */
  QUICRX_PASS_FRAGMENT,      /* first, middle, last or atomic */
  QUICRX_PASS_PORT,          /* UDP, to another port */
  QUICRX_PASS_ADDRESS,       /* UDP, to our port at another address */
  QUICRX_PASS_NO_SOCKET,     /* ours, but no poller serves the queue */
  QUICRX_PASS_NO_METADATA,   /* ours, but the driver has no room for metadata */
  QUICRX_PASS_SPLIT_HEADERS, /* ours, but the frame's first buffer ends within the QUIC header */
  QUICRX_PASS_NOT_QUIC,      /* ours, cannot be QUIC, QUICRX_PASS_INVALID is set */
  QUICRX_DROP_NOT_QUIC,      /* ours, cannot be QUIC */
  /* reasons why a datagram to our port and address cannot be QUIC */
  QUICRX_BAD_UDP_LENGTH,    /* below 8, or beyond the IP payload */
  QUICRX_BAD_EMPTY,         /* no payload */
  QUICRX_BAD_SHORT_HEADER,  /* below 21 bytes: RFC 9000 10.3 */
  QUICRX_BAD_LONG_HEADER,   /* ends within its long header: RFC 8999 5.1 */
  QUICRX_BAD_CID_LENGTH,    /* over 20 bytes in a version that forbids it: RFC 9000 17.2 */
  QUICRX_BAD_CLIENT_BOUND,  /* Version Negotiation or Retry: only servers send them */
  QUICRX_BAD_SMALL_INITIAL, /* Initial in less than 1,200 bytes: RFC 9000 14.1 */
  QUICRX_BAD_SMALL_UNKNOWN, /* unknown version in less than 1,200 bytes: RFC 9000 5.2.2 */
  QUICRX_COUNTERS
};

struct quicrx_counters {
  __u64 value[QUICRX_COUNTERS];
};

#endif
