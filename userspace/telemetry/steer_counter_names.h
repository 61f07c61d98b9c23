// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

#include "steer_abi.h"

namespace quicrx {

/// By enum quicrx_counter. Up to kSteerVerdicts they are verdicts, then reasons.
inline constexpr std::array<std::string_view, QUICRX_COUNTERS> kSteerCounterNames{
    "redirected",         "pass_runt",       "pass_other_station", "pass_not_ip",      "pass_not_udp",
    "pass_fragment",      "pass_port",       "pass_address",       "pass_no_socket",   "pass_no_metadata",
    "pass_split_headers", "pass_not_quic",   "drop_not_quic",      "bad_udp_length",   "bad_empty",
    "bad_short_header",   "bad_long_header", "bad_cid_length",     "bad_client_bound", "bad_small_initial",
    "bad_small_unknown"};
static_assert(!kSteerCounterNames.back().empty());
inline constexpr std::size_t kSteerVerdicts = QUICRX_BAD_UDP_LENGTH;

}  // namespace quicrx
