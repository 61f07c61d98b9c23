# SPDX-License-Identifier: MIT
"""A link: so many bits a second, a queue that drops what it cannot hold, and a delay."""

import collections


class Link:
    def __init__(self, delay, kbit_per_second=None, queue_packets=None):
        self.delay = delay
        self.kbit_per_second = kbit_per_second
        self.queue_packets = queue_packets
        self.free_at = 0.0
        self.waiting = collections.deque()  # when each waiting packet's transmission will begin

    def admit(self, now, size):
        """When a packet of so many bytes will arrive at the other end, or None if the queue is full."""
        if self.kbit_per_second is None:
            return now + self.delay
        while self.waiting and self.waiting[0] <= now:
            self.waiting.popleft()
        if self.queue_packets is not None and len(self.waiting) >= self.queue_packets:
            return None
        begin = max(now, self.free_at)
        if begin > now:
            self.waiting.append(begin)
        self.free_at = begin + size * 8 / (self.kbit_per_second * 1000)
        return self.free_at + self.delay
