// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "quic/admission.h"
#include "quic/host.h"

namespace quicrx {

/// ngtcp2's clock: nanoseconds since the epoch of the steady clock.
inline ngtcp2_tstamp to_ngtcp2(Timestamp time) {
  return static_cast<ngtcp2_tstamp>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}
/// ngtcp2 says "never" by its largest number, which our clock has not.
inline Timestamp from_ngtcp2(ngtcp2_tstamp time) {
  constexpr auto kLast = static_cast<ngtcp2_tstamp>(std::chrono::nanoseconds::max().count());
  return Timestamp(std::chrono::nanoseconds(std::min(time, kLast)));
}
/// Our addresses as ngtcp2 takes them; points into `path`, which must live as long.
ngtcp2_path to_ngtcp2(const Path& path);

/// UDP payload sizes that path MTU discovery tries, in this order.
using MtuProbes = std::array<std::uint16_t, 5>;

/// How ngtcp2 is to run a connection. `probes` outlives it, and so do the host and the Initial's datagram the
/// call that makes it.
ngtcp2_settings settings_for(ConnectionHost& host, const Path& path, const Admission& admission,
                             MtuProbes& probes, Timestamp now);

/// What we tell the client of ourselves (RFC 9000 section 18.2), but for what depends on connection IDs of
/// ours.
ngtcp2_transport_params parameters_for(ConnectionHost& host, const Path& path, const Admission& admission);

/// What a session ticket stands for: what its holder may rely on for 0-RTT (RFC 9000 section 7.4.1, RFC 9114
/// section 7.2.4.2), the protocol, and who let the client in (`client_authorities`: the PEM text; a client
/// shows no certificate when it comes back). Where any of it has changed, the ticket is unreadable.
std::string ticket_promise(const EndpointConfig& config, std::string_view alpn,
                           std::string_view client_authorities);

}  // namespace quicrx
