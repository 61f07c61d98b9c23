// SPDX-License-Identifier: MIT
/* For LD_PRELOAD: a kernel without UDP_SEGMENT, as a peer of the bench sees it. gtlsserver has no option for
 * that, but takes EIO for the answer of a device that cannot, and then sends datagrams one by one. */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

typedef ssize_t (*send_message)(int, const struct msghdr*, int);

static int asks_for_segments(const struct msghdr* message) {
  /* The macros want a message that may be written to; none of them writes. */
  struct msghdr copy = *message;

  for (struct cmsghdr* one = CMSG_FIRSTHDR(&copy); one; one = CMSG_NXTHDR(&copy, one))
    if (one->cmsg_level == SOL_UDP && one->cmsg_type == UDP_SEGMENT) return 1;
  return 0;
}

ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
  static send_message next;

  if (asks_for_segments(message)) {
    errno = EIO;
    return -1;
  }
  if (!next) {
    void* found = dlsym(RTLD_NEXT, "sendmsg");

    memcpy(&next, &found, sizeof(next));
  }
  return next(socket, message, flags);
}
