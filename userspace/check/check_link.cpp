// SPDX-License-Identifier: MIT
#include <string>

#include "check/offloads.h"
#include "check/subject.h"
#include "xdp/carrier.h"
#include "xdp/interface_query.h"
#include "xdp/umem_plan.h"

namespace quicrx {
namespace {

void check_state(const Subject& subject, Findings& findings) {
  const std::string& name = subject.interface.name;
  InterfaceQuery query(name);
  const bool up = query.ask(SIOCGIFFLAGS) && (query.request().ifr_flags & IFF_UP) != 0;
  if (!up) {
    findings.push_back(
        {"link", Grade::problem, "down: no socket can be bound", "ip link set " + name + " up"});
  } else if (!CarrierWatch(subject.interface).has_carrier()) {
    findings.push_back({"link", Grade::advice, "up, without a carrier"});
  } else {
    findings.push_back({"link", Grade::good, "up, with a carrier"});
  }
}

void check_mtu(const Subject& subject, Findings& findings) {
  const Interface& interface = subject.interface;
  const auto plan = plan_umem(interface, subject.features, {});
  const std::string mtu = std::to_string(interface.mtu);
  if (!plan) {
    findings.push_back({"mtu", Grade::problem, plan.error().message,
                        "ip link set " + interface.name + " mtu " +
                            std::to_string(largest_single_buffer_mtu(interface.driver))});
  } else if (plan->multi_buffer()) {
    const bool zero_copy_holds =
        subject.features && subject.features->zero_copy && subject.features->zero_copy_segments > 1;
    findings.push_back({"mtu", Grade::advice,
                        mtu + " takes several frames of " + std::to_string(plan->chunk_bytes) +
                            " bytes a packet: larger datagrams are received by copy" +
                            (zero_copy_holds ? "" : ", and there is no zero copy"),
                        "ip link set " + interface.name + " mtu " +
                            std::to_string(largest_single_buffer_mtu(interface.driver))});
  } else {
    findings.push_back(
        {"mtu", Grade::good, mtu + " fits a frame of " + std::to_string(plan->chunk_bytes) + " bytes"});
  }
}

void check_offloads(const Subject& subject, Findings& findings) {
  const std::string& name = subject.interface.name;
  const Offloads offloads(name);
  const auto state = [&](std::string_view offload) {
    return offloads.find(offload).value_or(Offloads::State{});
  };
  findings.push_back(
      state("rx-vlan-hw-parse").on
          ? Finding{"vlan_offload", Grade::advice,
                    "the NIC takes VLAN tags off: QUIC on a VLAN would be answered without its tag",
                    "ethtool -K " + name + " rxvlan off"}
          : Finding{"vlan_offload", Grade::good, "tags stay in the packet"});
  findings.push_back(state("rx-lro").on
                         ? Finding{"lro", Grade::problem,
                                   "on: packets are merged before XDP sees them, and most drivers refuse XDP",
                                   "ethtool -K " + name + " lro off"}
                         : Finding{"lro", Grade::good, "off"});
  // Its device cannot be told to stop merging and leaving checksums undone (drivers/net/virtio_net.c,
  // virtnet_xdp_set).
  const Offloads::State merging = state("rx-gro-hw");
  findings.push_back(
      subject.interface.driver == "virtio_net" && merging.on && merging.fixed
          ? Finding{"checksum_offload", Grade::problem,
                    "the host merges packets and leaves checksums undone, which this device cannot switch "
                    "off: virtio_net refuses native XDP (host: guest_tso4=off,guest_tso6=off,guest_csum=off)"}
          : Finding{"checksum_offload", Grade::good,
                    std::string("rx-checksum is ") + (state("rx-checksum").on ? "on" : "off") +
                        ", and not used: QUIC authenticates what comes, quicrx computes the checksums of "
                        "what goes"});
}

}  // namespace

void check_link(const Subject& subject, Findings& findings) {
  check_state(subject, findings);
  check_mtu(subject, findings);
  check_offloads(subject, findings);
}

}  // namespace quicrx
