// SPDX-License-Identifier: MIT
#include "xdp/queue_interrupts.h"

#include <gtest/gtest.h>

#include <string>

namespace quicrx {
namespace {

using Queues = std::map<std::uint32_t, std::string>;

/// The names that are taken for those of the queues. Interrupts are numbered from 100.
Queues queues_of(const std::string& interface, unsigned queues, const std::vector<std::string>& names) {
  std::vector<Interrupt> interrupts;
  for (const std::string& name : names)
    interrupts.push_back({100 + static_cast<unsigned>(interrupts.size()), name, "0"});
  Interface subject;
  subject.name = interface;
  subject.receive_queues = queues;
  Queues found;
  for (const auto& [queue, interrupt] : interrupts_of_queues(subject, interrupts))
    found[queue] = interrupt.name;
  return found;
}

TEST(QueueInterrupts, OfVirtioNet) {
  EXPECT_EQ(queues_of("eth0", 2,
                      {"virtio2-config", "virtio2-input.0", "virtio2-output.0", "virtio2-input.1",
                       "virtio2-output.1", "virtio2-input.2", "virtio2-output.2", "virtio2-control"}),
            (Queues{{0, "virtio2-input.0"}, {1, "virtio2-input.1"}}));
}

TEST(QueueInterrupts, OfVirtioNetWithFewVectors) {
  EXPECT_EQ(queues_of("eth0", 2, {"virtio2-config", "virtio2-virtqueues"}),
            (Queues{{0, "virtio2-virtqueues"}, {1, "virtio2-virtqueues"}}));
}

TEST(QueueInterrupts, OfIgbAndIxgbe) {
  EXPECT_EQ(queues_of("ens1f0", 2, {"ens1f0", "ens1f0-TxRx-0", "ens1f0-TxRx-1"}),
            (Queues{{0, "ens1f0-TxRx-0"}, {1, "ens1f0-TxRx-1"}}));
  EXPECT_EQ(
      queues_of("ens1f0", 2,
                {"ens1f0", "ens1f0-rx-0", "ens1f0-rx-1", "ens1f0-tx-0", "ens1f0-tx-1", "ens1f0-unused"}),
      (Queues{{0, "ens1f0-rx-0"}, {1, "ens1f0-rx-1"}}));
}

TEST(QueueInterrupts, OfI40eAndIceWithoutTheFlowDirector) {
  EXPECT_EQ(queues_of("eth0", 4,
                      {"i40e-0000:18:00.0:misc", "i40e-0000:18:00.0:fdir-TxRx-0", "i40e-eth0-TxRx-0",
                       "i40e-eth0-TxRx-1", "i40e-eth0-TxRx-10"}),
            (Queues{{0, "i40e-eth0-TxRx-0"}, {1, "i40e-eth0-TxRx-1"}}));
  EXPECT_EQ(queues_of("ens785f0np0", 2,
                      {"ice-0000:4b:00.0:misc", "ice-0000:4b:00.0:ctrl-TxRx-0", "ice-ens785f0np0-TxRx-0",
                       "ice-ens785f0np0-rx-1", "ice-ens785f0np0-tx-1"}),
            (Queues{{0, "ice-ens785f0np0-TxRx-0"}, {1, "ice-ens785f0np0-rx-1"}}));
}

TEST(QueueInterrupts, OfIdpfByTheirOrder) {
  EXPECT_EQ(queues_of("eth1", 3,
                      {"idpf-Mailbox-0", "idpf-eth1-TxRx-1", "idpf-eth1-TxRx-3", "idpf-eth1-TxRx-4",
                       "idpf-eth1-Tx-5"}),
            (Queues{{0, "idpf-eth1-TxRx-1"}, {1, "idpf-eth1-TxRx-3"}, {2, "idpf-eth1-TxRx-4"}}));
}

TEST(QueueInterrupts, OfMlx5FromZeroAndFromOne) {
  EXPECT_EQ(queues_of("enp1s0f0np0", 2,
                      {"mlx5_async0@pci:0000:01:00.0", "mlx5_comp0@pci:0000:01:00.0",
                       "mlx5_comp1@pci:0000:01:00.0", "mlx5_comp2@pci:0000:01:00.0"}),
            (Queues{{0, "mlx5_comp0@pci:0000:01:00.0"}, {1, "mlx5_comp1@pci:0000:01:00.0"}}));
  EXPECT_EQ(queues_of("eth0", 2,
                      {"mlx5_async0@pci:0000:01:00.0", "mlx5_comp10@pci:0000:01:00.0",
                       "mlx5_comp2@pci:0000:01:00.0", "mlx5_comp1@pci:0000:01:00.0"}),
            (Queues{{0, "mlx5_comp1@pci:0000:01:00.0"}, {1, "mlx5_comp2@pci:0000:01:00.0"}}));
}

TEST(QueueInterrupts, OfEnaAndBnxt) {
  EXPECT_EQ(
      queues_of("eth0", 3, {"ena-mgmnt@pci:0000:00:05.0", "eth0-Tx-Rx-0", "eth0-Tx-Rx-1", "eth0-Tx-Rx-2"}),
      (Queues{{0, "eth0-Tx-Rx-0"}, {1, "eth0-Tx-Rx-1"}, {2, "eth0-Tx-Rx-2"}}));
  EXPECT_EQ(queues_of("eno1", 2, {"eno1-TxRx-0", "eno1-TxRx-1"}),
            (Queues{{0, "eno1-TxRx-0"}, {1, "eno1-TxRx-1"}}));
}

TEST(QueueInterrupts, OfGveInTheSecondHalf) {
  EXPECT_EQ(queues_of("eth0", 2,
                      {"gve-ntfy-blk0@pci:0000:00:04.0", "gve-ntfy-blk1@pci:0000:00:04.0",
                       "gve-ntfy-blk2@pci:0000:00:04.0", "gve-ntfy-blk3@pci:0000:00:04.0",
                       "gve-mgmnt@pci:0000:00:04.0"}),
            (Queues{{0, "gve-ntfy-blk2@pci:0000:00:04.0"}, {1, "gve-ntfy-blk3@pci:0000:00:04.0"}}));
  EXPECT_EQ(queues_of("ens4", 1,
                      {"ens4-ntfy-block.0", "ens4-ntfy-block.1", "ens4-ntfy-block.2", "ens4-ntfy-block.3",
                       "ens4-mgmnt"}),
            (Queues{{0, "ens4-ntfy-block.2"}}));
}

TEST(QueueInterrupts, OfOthers) {
  EXPECT_EQ(queues_of("eth0", 1, {"eth0:mac", "eth0:rx-0", "eth0:tx-0"}), (Queues{{0, "eth0:rx-0"}}));
  EXPECT_EQ(queues_of("eth0", 1, {"eth0-mac", "eth0-txrx-0"}), (Queues{{0, "eth0-txrx-0"}}));
  EXPECT_EQ(queues_of("eth0", 2, {"eth0-lsc", "eth0-rxtx-0", "eth0-rxtx-1"}),
            (Queues{{0, "eth0-rxtx-0"}, {1, "eth0-rxtx-1"}}));
}

TEST(QueueInterrupts, OfADeviceWithOne) {
  EXPECT_EQ(queues_of("eth0", 1, {"eth0"}), (Queues{{0, "eth0"}}));
  EXPECT_EQ(queues_of("enp3s0", 1, {"eth0"}), (Queues{{0, "eth0"}})) << "renamed since";
  EXPECT_EQ(queues_of("eth0", 1, {"eth0-misc", "eth0"}), (Queues{{0, "eth0"}}));
}

TEST(QueueInterrupts, OfOneOfTwoInterfacesOfADevice) {
  const std::vector<std::string> names{"eth10-rxtx-0", "eth10-rxtx-1", "eth1-rxtx-0"};
  EXPECT_EQ(queues_of("eth1", 2, names), (Queues{{0, "eth1-rxtx-0"}}));
  EXPECT_EQ(queues_of("eth10", 2, names), (Queues{{0, "eth10-rxtx-0"}, {1, "eth10-rxtx-1"}}));
  EXPECT_EQ(queues_of("x-rx-1", 1, {"x-rx-1", "x-rx-1-TxRx-0"}), (Queues{{0, "x-rx-1-TxRx-0"}}));
}

TEST(QueueInterrupts, OfNobody) {
  EXPECT_EQ(queues_of("eth0", 2, {}), Queues{});
  EXPECT_EQ(queues_of("eth0", 2, {"", ""}), Queues{});
  EXPECT_EQ(queues_of("eth0", 2, {"nvme0q0", "nvme0q1"}), Queues{});
  EXPECT_EQ(queues_of("eth0", 2, {"virtio1-config", "virtio1-req.0"}), Queues{});
  EXPECT_EQ(queues_of("eth0", 2, {"eth0-tx-0", "eth0-tx-1", "eth0-rx-", "eth0-rx-99999999999"}), Queues{});
}

TEST(Interrupt, GoesToTheFirstOfItsCpus) {
  for (const auto& [cpus, first] : {std::pair{"3", 3u}, {"12-15", 12u}, {"2,7", 2u}})
    EXPECT_EQ((Interrupt{1, "", cpus}.first_cpu()), first);
  EXPECT_EQ((Interrupt{1, "", ""}.first_cpu()), std::nullopt);
}

}  // namespace
}  // namespace quicrx
