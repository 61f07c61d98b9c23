// SPDX-License-Identifier: MIT
/* Datagrams for row 1, of one flow: bursts of 64, at a rate that every receiver can take, so that all get the
 * same.
 *
 *   sender ADDRESS PORT BYTES COUNT BURSTS-A-SECOND */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { BURST = 64, LARGEST = 65507 };

static uint8_t payload[LARGEST];

static void add(struct timespec* when, long nanoseconds) {
  when->tv_nsec += nanoseconds;
  if (when->tv_nsec >= 1000000000) {
    when->tv_nsec -= 1000000000;
    when->tv_sec++;
  }
}

int main(int count, char** words) {
  struct sockaddr_in there = {.sin_family = AF_INET};
  struct iovec place = {.iov_base = payload};
  struct mmsghdr burst[BURST] = {0};
  struct timespec next;
  const int out = socket(AF_INET, SOCK_DGRAM, 0);
  const int room = 8 << 20;
  long left, pause;

  if (count != 6) return 2;
  inet_pton(AF_INET, words[1], &there.sin_addr);
  there.sin_port = htons((uint16_t)atoi(words[2]));
  place.iov_len = (size_t)atoi(words[3]);
  left = atol(words[4]);
  pause = 1000000000 / atol(words[5]);
  if (place.iov_len == 0 || place.iov_len > LARGEST) return 2;
  setsockopt(out, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
  if (connect(out, (struct sockaddr*)&there, sizeof(there)) != 0) return 1;
  payload[0] = 1;
  for (int i = 0; i < BURST; i++) burst[i].msg_hdr = (struct msghdr){.msg_iov = &place, .msg_iovlen = 1};
  clock_gettime(CLOCK_MONOTONIC, &next);
  while (left > 0) {
    const int sent = sendmmsg(out, burst, (unsigned)(left < BURST ? left : BURST), 0);

    if (sent < 0) {
      perror("sender: sendmmsg");
      return 1;
    }
    left -= sent;
    add(&next, pause);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
  return 0;
}
