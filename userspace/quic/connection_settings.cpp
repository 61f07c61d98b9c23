// SPDX-License-Identifier: MIT
#include "quic/connection_settings.h"

#include <cstring>

namespace quicrx {
namespace {

constexpr std::uint16_t kLastProbe = 1444;          // of ngtcp2's own list: PPPoE's MTU, over IPv6
constexpr std::uint64_t kMaxDatagramFrame = 65535;  // any: RFC 9221 section 3
constexpr std::uint64_t kServicesVersion = 1;  // to be raised with settings of services that became smaller
constexpr std::uint64_t kIdsForPeer = 7;       // connection IDs of the peer that we keep
constexpr std::array<std::uint32_t, 2> kVersions{NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};
constexpr std::array<std::uint32_t, 2> kVersionsV2First{NGTCP2_PROTO_VER_V2, NGTCP2_PROTO_VER_V1};

ngtcp2_addr to_address(const SocketAddress& address) {
  return {.addr = const_cast<sockaddr*>(address.get()), .addrlen = address.size()};
}

ngtcp2_cc_algo algorithm_of(CongestionControl control) {
  switch (control) {
    case CongestionControl::bbr:
      return NGTCP2_CC_ALGO_BBR;
    case CongestionControl::reno:
      return NGTCP2_CC_ALGO_RENO;
    case CongestionControl::cubic:
      break;
  }
  return NGTCP2_CC_ALGO_CUBIC;
}

void set_versions(ngtcp2_settings& settings, bool prefer_v2) {
  // Without a preference the client's choice stands (RFC 9368 section 2.3).
  if (prefer_v2) {
    settings.preferred_versions = kVersionsV2First.data();
    settings.preferred_versionslen = kVersionsV2First.size();
  }
  settings.available_versions = kVersions.data();
  settings.available_versionslen = kVersions.size();
}

void set_token(ngtcp2_settings& settings, const Admission& admission) {
  // ngtcp2 takes any token that it is shown as proof of the address, and lifts the amplification limit.
  if (!admission.proven()) return;
  settings.token = admission.initial.token;
  settings.tokenlen = admission.initial.tokenlen;
  settings.token_type =
      admission.proof == AddressTokens::Proof::retry ? NGTCP2_TOKEN_TYPE_RETRY : NGTCP2_TOKEN_TYPE_NEW_TOKEN;
}

}  // namespace

ngtcp2_path to_ngtcp2(const Path& path) {
  return {.local = to_address(path.local), .remote = to_address(path.remote), .user_data = nullptr};
}

ngtcp2_settings settings_for(ConnectionHost& host, const Path& path, const Admission& admission,
                             MtuProbes& probes, Timestamp now) {
  const EndpointConfig& config = host.config();
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = to_ngtcp2(now);
  // A batch is read whole before anything is written, so that one ACK frame is for all of it; and due at
  // once, it goes with the answer. Else ngtcp2 would send it a moment later, in a packet of its own (RFC 9000
  // section 13.2.1 advises against that).
  settings.ack_thresh = 1;
  settings.cc_algo = algorithm_of(config.congestion_control);
  settings.initial_rtt = static_cast<ngtcp2_duration>(config.initial_rtt.count());
  settings.max_tx_udp_payload_size = host.port().max_payload(path);
  // Behind that, all that the MTU holds.
  if (settings.max_tx_udp_payload_size > kLastProbe) {
    probes = {1406, 1342, 1232, kLastProbe, static_cast<std::uint16_t>(settings.max_tx_udp_payload_size)};
    settings.pmtud_probes = probes.data();
    settings.pmtud_probeslen = probes.size();
  }
  settings.handshake_timeout = static_cast<ngtcp2_duration>(config.limits.handshake_timeout.count());
  settings.max_window = config.limits.max_connection_window;
  settings.max_stream_window = config.limits.max_stream_window;
  set_versions(settings, config.prefer_v2);
  set_token(settings, admission);
  return settings;
}

ngtcp2_transport_params parameters_for(ConnectionHost& host, const Path& path, const Admission& admission) {
  const EndpointConfig& config = host.config();
  const EndpointLimits& limits = config.limits;
  ngtcp2_transport_params parameters;
  ngtcp2_transport_params_default(&parameters);
  parameters.original_dcid = admission.initial.dcid;
  parameters.original_dcid_present = 1;
  if (admission.proof == AddressTokens::Proof::retry) {
    parameters.original_dcid = admission.original_id;
    parameters.retry_scid = admission.initial.dcid;
    parameters.retry_scid_present = 1;
  }
  parameters.initial_max_data = limits.connection_window;
  parameters.initial_max_stream_data_bidi_local = limits.stream_window;
  parameters.initial_max_stream_data_bidi_remote = limits.stream_window;
  parameters.initial_max_stream_data_uni = limits.stream_window;
  parameters.initial_max_streams_bidi = limits.streams_bidi;
  parameters.initial_max_streams_uni = limits.streams_uni;
  parameters.max_idle_timeout = static_cast<ngtcp2_duration>(limits.idle_timeout.count());
  parameters.max_udp_payload_size = host.port().max_payload(path);
  parameters.max_datagram_frame_size = kMaxDatagramFrame;
  parameters.active_connection_id_limit = kIdsForPeer;
  parameters.grease_quic_bit = 1;
  if (config.preferred_ipv4) {
    parameters.preferred_addr_present = parameters.preferred_addr.ipv4_present = 1;
    std::memcpy(&parameters.preferred_addr.ipv4, config.preferred_ipv4->get(), config.preferred_ipv4->size());
  }
  if (config.preferred_ipv6) {
    parameters.preferred_addr_present = parameters.preferred_addr.ipv6_present = 1;
    std::memcpy(&parameters.preferred_addr.ipv6, config.preferred_ipv6->get(), config.preferred_ipv6->size());
  }
  return parameters;
}

std::string ticket_promise(const EndpointConfig& config, std::string_view alpn,
                           std::string_view client_authorities) {
  const EndpointLimits& limits = config.limits;
  std::string promise;
  for (const std::uint64_t number : {kServicesVersion, limits.connection_window, limits.stream_window,
                                     limits.streams_bidi, limits.streams_uni, std::uint64_t{alpn.size()}})
    promise.append(std::to_string(number)).append(" ");
  return promise.append(alpn).append(client_authorities);
}

}  // namespace quicrx
