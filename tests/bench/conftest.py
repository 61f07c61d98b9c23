# SPDX-License-Identifier: MIT
import contextlib

import pytest

import stage
from wire import NicLikeWire


@pytest.fixture(scope="module")
def site():
    with stage.site_in_memory() as made:
        yield made


@pytest.fixture(scope="module")
def wire():
    with contextlib.closing(NicLikeWire()) as made:
        yield made
