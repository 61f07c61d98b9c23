# SPDX-License-Identifier: MIT
"""Prints the JUnit suites of several files as one."""

import sys
import xml.etree.ElementTree as tree

joined = tree.Element("testsuites")
for path in sys.argv[1:]:
    joined.extend(tree.parse(path).getroot())
print(tree.tostring(joined, encoding="unicode"))
