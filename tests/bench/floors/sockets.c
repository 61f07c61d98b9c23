// SPDX-License-Identifier: MIT
/* Floor of row 1: recvmmsg of 64 and nothing else; with "gro" as third argument the kernel joins what belongs
 * together.
 *
 *   sockets ADDRESS PORT [gro] */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "floor.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { WHOLE = 65536, CONTROL = 64 };

static struct mmsghdr messages[BATCH];
static struct iovec places[BATCH];
static uint8_t controls[BATCH][CONTROL];

/* The size of the datagrams that were joined; all of it when none were. */
static size_t segment_of(struct msghdr* message, size_t bytes) {
  int size = 0;

  for (struct cmsghdr* one = CMSG_FIRSTHDR(message); one; one = CMSG_NXTHDR(message, one))
    if (one->cmsg_level == SOL_UDP && one->cmsg_type == UDP_GRO) memcpy(&size, CMSG_DATA(one), sizeof(size));
  return size > 0 ? (size_t)size : bytes;
}

static void take(struct tally* tally, struct mmsghdr* message) {
  const uint8_t* payload = message->msg_hdr.msg_iov->iov_base;
  const size_t step = segment_of(&message->msg_hdr, message->msg_len);

  for (size_t left = message->msg_len; left > 0;) {
    const size_t bytes = left < step ? left : step;

    look_at(tally, payload, bytes);
    payload += bytes;
    left -= bytes;
  }
  message->msg_hdr.msg_controllen = CONTROL;
}

static int open_socket(const char* address, int port, int joined) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  const int room = 8 << 20;
  const int made = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

  inet_pton(AF_INET, address, &here.sin_addr);
  setsockopt(made, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
  if (joined && setsockopt(made, SOL_UDP, UDP_GRO, &joined, sizeof(joined)) != 0) return -1;
  return bind(made, (struct sockaddr*)&here, sizeof(here)) == 0 ? made : -1;
}

int main(int count, char** words) {
  struct tally tally = {0};
  struct pollfd waiting = {.events = POLLIN};
  sigset_t mask;

  if (count < 3) return 2;
  waiting.fd = open_socket(words[1], atoi(words[2]), count > 3);
  if (waiting.fd < 0) {
    perror("sockets: socket");
    return 1;
  }
  for (int i = 0; i < BATCH; i++) {
    places[i] = (struct iovec){.iov_base = malloc(WHOLE), .iov_len = WHOLE};
    messages[i].msg_hdr = (struct msghdr){
        .msg_iov = &places[i], .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = CONTROL};
  }
  mask = end_by_sigterm();
  say_ready();
  while (!ended) {
    const int got = recvmmsg(waiting.fd, messages, BATCH, 0, NULL);

    if (got <= 0) {
      ppoll(&waiting, 1, NULL, &mask);
      continue;
    }
    tally.turns++;
    for (int i = 0; i < got; i++) take(&tally, &messages[i]);
  }
  say(&tally);
  return 0;
}
