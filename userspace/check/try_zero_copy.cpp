// SPDX-License-Identifier: MIT
#include <string>

#include "check/subject.h"
#include "frame/umem_memory.h"
#include "telemetry/record.h"
#include "xdp/carrier.h"
#include "xdp/umem_plan.h"
#include "xdp/xsk_socket.h"

namespace quicrx {
namespace {

constexpr std::uint32_t kTrialFrames = 512;

Result<void> bind_once(const Subject& subject, std::uint32_t queue) {
  const auto plan = plan_umem(subject.interface, subject.features, kTrialFrames);
  if (!plan) return tl::unexpected(plan.error());
  auto memory = map_umem(plan->umem_bytes());
  if (!memory) return tl::unexpected(memory.error());
  auto socket = XskSocket::create(*plan, memory->mapping.bytes());
  if (!socket) return tl::unexpected(socket.error());
  for (std::uint32_t frame = 0; frame < plan->receive_frames; ++frame)
    socket->fill.put(std::uint64_t{frame} * plan->chunk_bytes);
  socket->fill.publish();
  return socket->bind(subject.interface, queue,
                      {.mode = BindMode::zero_copy, .multi_buffer = plan->multi_buffer(), .patient = false});
}

}  // namespace

void try_zero_copy(const Subject& subject, Findings& findings) {
  // For some drivers a bind takes the whole device down for a moment.
  const bool anybody_serves = has_living_poller(subject.interface);
  const CarrierWatch carrier(subject.interface);
  for (std::uint32_t queue = 0; queue < subject.interface.receive_queues; ++queue) {
    const std::string where = "queue " + std::to_string(queue) + ": ";
    const auto record = Record::open(name_of(subject.interface), queue);
    if (record && (*record)->alive()) {
      const RecordHeader& header = (*record)->header();
      findings.push_back({"zero_copy_trial", header.zero_copy != 0 ? Grade::good : Grade::advice,
                          where + "not tried, poller " + std::to_string(header.pid) + " serves it in " +
                              (header.zero_copy != 0 ? "zero-copy" : "copy") + " mode"});
      continue;
    }
    if (anybody_serves) {
      findings.push_back(
          {"zero_copy_trial", Grade::good, where + "not tried, a poller serves another queue"});
      continue;
    }
    const auto bound = bind_once(subject, queue);
    (void)carrier.wait();
    if (bound) {
      findings.push_back({"zero_copy_trial", Grade::good, where + "a socket bound with zero copy"});
    } else if (bound.error().kind == ErrorKind::busy) {
      findings.push_back(
          {"zero_copy_trial", Grade::problem, where + "another program's AF_XDP socket has it"});
    } else {
      findings.push_back({"zero_copy_trial", Grade::advice, bound.error().message});
    }
  }
}

}  // namespace quicrx
