# SPDX-License-Identifier: MIT
"""Which packets are hit: each with a probability, but never more than so many in a row."""


class Bursts:
    def __init__(self, probability, longest, random):
        self.probability = probability
        self.longest = longest
        self.random = random
        self.row = 0

    def hit(self):
        if self.random.random() >= self.probability or self.row == self.longest:
            self.row = 0
            return False
        self.row += 1
        return True
