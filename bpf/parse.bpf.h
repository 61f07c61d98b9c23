/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * From the first byte of a frame to its UDP header. A step moves the cursor only when it succeeds; no step
 * has a verdict other than "go on" or the name of the counter under which the frame goes to the kernel.
 */
#ifndef QUICRX_PARSE_BPF_H
#define QUICRX_PARSE_BPF_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "steer_abi.h"

#define QUICRX_MAX_VLAN_TAGS 2
#define QUICRX_MAX_EXTENSION_HEADERS 8
#define QUICRX_GO_ON (-1)

struct cursor {
  const __u8* at;
  const __u8* end;   /* of the frame's first buffer: what can be read */
  const __u8* start; /* of the frame */
  __u32 frame_bytes; /* in all its buffers */
};

struct vlan_header {
  __be16 control;
  __be16 protocol;
};

/* Any IPv6 extension header begins so (RFC 6564); routing headers have the fourth byte (RFC 8200 4.4). */
struct extension_header {
  __u8 next;
  __u8 length;
  __u8 type;
  __u8 segments_left;
};

/* Where a datagram goes, and its UDP part. */
struct datagram {
  const __u8* destination; /* 4 or 16 bytes */
  const struct udphdr* udp;
  __u32 ip_payload_bytes; /* from the UDP header on; what the frame holds beyond it is padding */
  __u8 ip_version;
};

static __always_inline int has(const struct cursor* cursor, __u32 bytes) {
  return cursor->at + bytes <= cursor->end;
}

/* The frame goes on for so many bytes, in this buffer or the next. */
static __always_inline int frame_has(const struct cursor* cursor, __u32 bytes) {
  return (__u32)(cursor->at - cursor->start) + bytes <= cursor->frame_bytes;
}

/* Returns the protocol behind Ethernet and its VLAN tags in host byte order, or 0 for a runt. */
static __always_inline __u16 parse_ethernet(struct cursor* cursor) {
  const struct ethhdr* ethernet = (const void*)cursor->at;
  __u16 protocol;

  if (!has(cursor, sizeof(*ethernet))) return 0;
  protocol = bpf_ntohs(ethernet->h_proto);
  cursor->at += sizeof(*ethernet);
#pragma unroll
  for (int i = 0; i < QUICRX_MAX_VLAN_TAGS; i++) {
    const struct vlan_header* vlan = (const void*)cursor->at;

    if (protocol != ETH_P_8021Q && protocol != ETH_P_8021AD) break;
    if (!has(cursor, sizeof(*vlan))) return 0;
    protocol = bpf_ntohs(vlan->protocol);
    cursor->at += sizeof(*vlan);
  }
  return protocol;
}

static __always_inline int parse_udp(struct cursor* cursor, __u32 ip_payload_bytes, struct datagram* out) {
  if (!has(cursor, sizeof(struct udphdr)) || ip_payload_bytes < sizeof(struct udphdr))
    return QUICRX_PASS_RUNT;
  out->udp = (const void*)cursor->at;
  out->ip_payload_bytes = ip_payload_bytes;
  cursor->at += sizeof(struct udphdr);
  return QUICRX_GO_ON;
}

static __always_inline int parse_ipv4(struct cursor* cursor, struct datagram* out) {
  const __be16 more_or_offset = bpf_htons(0x3fff);
  const struct iphdr* ip = (const void*)cursor->at;
  __u32 header_bytes, total_bytes;

  if (!has(cursor, sizeof(*ip))) return QUICRX_PASS_RUNT;
  header_bytes = ip->ihl * 4u;
  total_bytes = bpf_ntohs(ip->tot_len);
  if (ip->version != 4 || header_bytes < sizeof(*ip)) return QUICRX_PASS_NOT_IP;
  if (ip->protocol != IPPROTO_UDP) return QUICRX_PASS_NOT_UDP;
  if (ip->frag_off & more_or_offset) return QUICRX_PASS_FRAGMENT;
  if (total_bytes < header_bytes || !frame_has(cursor, total_bytes)) return QUICRX_PASS_RUNT;
  out->ip_version = 4;
  out->destination = (const __u8*)&ip->daddr;
  cursor->at += header_bytes;
  return parse_udp(cursor, total_bytes - header_bytes, out);
}

/* RFC 8200 4.1. A routing header with segments left: the address in the IP header is not the last one. */
static __always_inline int parse_extension(struct cursor* cursor, __u8 type, __u8* next, __u32* left) {
  const struct extension_header* extension = (const void*)cursor->at;
  __u32 bytes;

  if (!has(cursor, 8)) return QUICRX_PASS_RUNT;
  if (type == IPPROTO_ROUTING && extension->segments_left != 0) return QUICRX_PASS_NOT_UDP;
  bytes = type == IPPROTO_AH ? (extension->length + 2u) * 4u : (extension->length + 1u) * 8u;
  if (bytes > *left) return QUICRX_PASS_RUNT;
  *next = extension->next;
  *left -= bytes;
  cursor->at += bytes;
  return QUICRX_GO_ON;
}

static __always_inline int parse_ipv6(struct cursor* cursor, struct datagram* out) {
  const struct ipv6hdr* ip = (const void*)cursor->at;
  __u32 left;
  __u8 next;

  if (!has(cursor, sizeof(*ip))) return QUICRX_PASS_RUNT;
  if (ip->version != 6) return QUICRX_PASS_NOT_IP;
  next = ip->nexthdr;
  left = bpf_ntohs(ip->payload_len);
  if (!frame_has(cursor, sizeof(*ip) + left)) return QUICRX_PASS_RUNT;
  out->ip_version = 6;
  out->destination = (const __u8*)&ip->daddr;
  cursor->at += sizeof(*ip);
#pragma unroll
  for (int i = 0; i <= QUICRX_MAX_EXTENSION_HEADERS; i++) {
    int verdict;

    if (next == IPPROTO_UDP) return parse_udp(cursor, left, out);
    if (next == IPPROTO_FRAGMENT) return QUICRX_PASS_FRAGMENT;
    if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS && next != IPPROTO_AH)
      return QUICRX_PASS_NOT_UDP;
    verdict = parse_extension(cursor, next, &next, &left);
    if (verdict != QUICRX_GO_ON) return verdict;
  }
  return QUICRX_PASS_NOT_UDP;
}

static __always_inline int parse_frame(struct cursor* cursor, struct datagram* out) {
  switch (parse_ethernet(cursor)) {
    case ETH_P_IP:
      return parse_ipv4(cursor, out);
    case ETH_P_IPV6:
      return parse_ipv6(cursor, out);
    case 0:
      return QUICRX_PASS_RUNT;
    default:
      return QUICRX_PASS_NOT_IP;
  }
}

#endif
