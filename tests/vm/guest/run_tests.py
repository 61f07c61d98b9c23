# SPDX-License-Identifier: MIT
"""Runs the guest's tests; the JUnit report is what the host gets."""

import os
import sys

import pytest

chosen = ["-k", os.environ["VM_SELECT"].replace("+", " ")] if "VM_SELECT" in os.environ else []
sys.exit(pytest.main(["-p", "no:cacheprovider", "-v", "--tb=short", "--junit-xml=/tmp/report", "-W", "ignore", *chosen,
                      "/quicrx/tests/vm/guest"]))
