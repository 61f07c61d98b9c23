# SPDX-License-Identifier: MIT
from chromium import Chromium
from gtlsclient import Gtlsclient
from quic_go import QuicGo

CLIENTS = (Gtlsclient, QuicGo, Chromium)
