// SPDX-License-Identifier: MIT
#include "xdp/interrupts.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace quicrx {
namespace {

/// The number that a text begins with.
std::optional<unsigned> leading_number(std::string_view text) {
  unsigned number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

std::string cpus_of(const std::string& interrupt) {
  std::string cpus;
  for (const char* file : {"/effective_affinity_list", "/smp_affinity_list"}) {
    std::ifstream list("/proc/irq/" + interrupt + file);
    if (std::getline(list, cpus) && !cpus.empty()) return cpus;
  }
  return {};
}

}  // namespace

std::optional<unsigned> Interrupt::first_cpu() const {
  return leading_number(cpus);
}

std::vector<Interrupt> interrupts_of(const NetSysfs& sysfs, const std::string& interface) {
  const std::string device = "class/net/" + interface + "/device/";
  // A virtio device is below the PCI device that has the interrupts.
  const bool below = sysfs.link_name(device + "subsystem") == "virtio";
  std::vector<Interrupt> found;
  for (const std::string& text : sysfs.names(device + (below ? "../msi_irqs" : "msi_irqs")))
    if (const auto number = leading_number(text))
      found.push_back({*number, sysfs.read("kernel/irq/" + text + "/actions").value_or(""), cpus_of(text)});
  std::ranges::sort(found, {}, &Interrupt::number);
  return found;
}

}  // namespace quicrx
