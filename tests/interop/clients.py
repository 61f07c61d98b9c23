# SPDX-License-Identifier: MIT
from gtlsclient import Gtlsclient
from quic_go import QuicGo

CLIENTS = (Gtlsclient, QuicGo)
