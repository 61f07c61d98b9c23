/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Can a UDP payload be a QUIC packet to a server? By what every version shares (RFC 8999) and what versions
 * 1 and 2 add (RFC 9000, RFC 9369). The fixed bit is left alone: a peer may grease it (RFC 9287).
 */
#ifndef QUICRX_QUIC_BPF_H
#define QUICRX_QUIC_BPF_H

#include "parse.bpf.h"

#define QUIC_V1 0x00000001u
#define QUIC_V2 0x6b3343cfu
#define QUIC_MIN_INITIAL_DATAGRAM 1200
#define QUIC_MAX_CID 20
/* Header protection samples 16 bytes, 4 bytes after the packet number begins: RFC 9001 5.4.2. */
#define QUIC_MIN_PROTECTED (4 + 16)

/* RFC 8999 5.1, up to the length of the first connection ID. */
struct long_header {
  __u8 first;
  __u8 version[4];
  __u8 dcid_length;
} __attribute__((packed));

static __always_inline int is_long(__u8 first) {
  return first & 0x80;
}

/* The order of types differs: RFC 9000 17.2 (Initial 0 .. Retry 3), RFC 9369 3.2 (Retry 0, Initial 1). */
static __always_inline int is_initial(__u32 version, __u8 first) {
  return ((first >> 4) & 3) == (version == QUIC_V2 ? 1 : 0);
}

static __always_inline int is_retry(__u32 version, __u8 first) {
  return ((first >> 4) & 3) == (version == QUIC_V2 ? 0 : 3);
}

/*
 * Returns QUICRX_GO_ON, or the reason. `cursor` stands on the payload; its end is that of the frame's first
 * buffer. The payload's own length decides what cannot be QUIC; what merely goes on in the next buffer is
 * passed.
 */
static __always_inline int check_long_header(struct cursor* cursor, __u32 payload_bytes) {
  const struct long_header* header = (const void*)cursor->at;
  __u32 version, dcid_bytes, scid_bytes, header_bytes;

  if (payload_bytes < sizeof(*header)) return QUICRX_BAD_LONG_HEADER;
  if (!has(cursor, sizeof(*header))) return QUICRX_PASS_SPLIT_HEADERS;
  version = (__u32)header->version[0] << 24 | (__u32)header->version[1] << 16 |
            (__u32)header->version[2] << 8 | header->version[3];
  if (version == 0) return QUICRX_BAD_CLIENT_BOUND;
  dcid_bytes = header->dcid_length;
  cursor->at += sizeof(*header) + dcid_bytes;
  if (payload_bytes < sizeof(*header) + dcid_bytes + 1) return QUICRX_BAD_LONG_HEADER;
  if (!has(cursor, 1)) return QUICRX_PASS_SPLIT_HEADERS;
  scid_bytes = *cursor->at;
  header_bytes = sizeof(*header) + dcid_bytes + 1 + scid_bytes;
  if (payload_bytes < header_bytes) return QUICRX_BAD_LONG_HEADER;

  if (version != QUIC_V1 && version != QUIC_V2)
    return payload_bytes < QUIC_MIN_INITIAL_DATAGRAM ? QUICRX_BAD_SMALL_UNKNOWN : QUICRX_GO_ON;
  if (dcid_bytes > QUIC_MAX_CID || scid_bytes > QUIC_MAX_CID) return QUICRX_BAD_CID_LENGTH;
  if (is_retry(version, header->first)) return QUICRX_BAD_CLIENT_BOUND;
  if (is_initial(version, header->first) && payload_bytes < QUIC_MIN_INITIAL_DATAGRAM)
    return QUICRX_BAD_SMALL_INITIAL;
  /* At least one byte for the Length field. */
  if (payload_bytes < header_bytes + 1 + QUIC_MIN_PROTECTED) return QUICRX_BAD_LONG_HEADER;
  return QUICRX_GO_ON;
}

/* `frame` stands behind the UDP header. */
static __always_inline int check_quic(const struct datagram* datagram, const struct cursor* frame) {
  struct cursor cursor = *frame;
  __u32 udp_bytes = bpf_ntohs(datagram->udp->len);
  __u32 payload_bytes;

  if (udp_bytes < sizeof(struct udphdr) || udp_bytes > datagram->ip_payload_bytes)
    return QUICRX_BAD_UDP_LENGTH;
  payload_bytes = udp_bytes - sizeof(struct udphdr);
  if (payload_bytes == 0) return QUICRX_BAD_EMPTY;
  if (!has(&cursor, 1)) return QUICRX_PASS_SPLIT_HEADERS;
  if (is_long(*cursor.at)) return check_long_header(&cursor, payload_bytes);
  return payload_bytes < QUICRX_MIN_SHORT_PACKET ? QUICRX_BAD_SHORT_HEADER : QUICRX_GO_ON;
}

#endif
