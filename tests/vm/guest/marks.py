# SPDX-License-Identifier: MIT
import os

import pytest

needs_tap = pytest.mark.skipif(os.environ.get("VM_TAPS") != "yes", reason="only root can make the tap device of this card")
