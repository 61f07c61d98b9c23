// SPDX-License-Identifier: MIT
/// A worker's, or a lone port's, side of its record.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "telemetry/record.h"

namespace quicrx {

/// Where a worker counts: in its record.
Worker::Storage worker_storage(Record& record);

/// What can be said of an AF_XDP port once it is open.
void describe_port(RecordHeader& header, const XdpPort& port);
/// What can be said of a worker once it is open.
void describe_worker(RecordHeader& header, Engine& engine, std::size_t number, std::uint16_t udp_port);

}  // namespace quicrx
