// SPDX-License-Identifier: MIT
#include "xdp/steer_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace quicrx {
namespace {

constexpr std::uint32_t kOnly = 0;  // the key of a map with one entry
constexpr const char* kRoot = "/sys/fs/bpf/quicrx";

tl::unexpected<Error> map_failure(const char* what, const char* map) {
  const ErrorKind kind = errno == EPERM || errno == EACCES ? ErrorKind::permission : ErrorKind::failure;
  return fail(kind, std::string("cannot ") + what + " map " + map + ": " + std::strerror(errno));
}

bpf_map_info info_of(const Descriptor& map) {
  bpf_map_info info{};
  std::uint32_t bytes = sizeof(info);
  bpf_obj_get_info_by_fd(map.get(), &info, &bytes);
  return info;
}

Result<void> add_prefix(int prefix4, int prefix6, const IpPrefix& prefix) {
  const std::uint8_t value = 1;
  quicrx_prefix4 key4{.prefix_bits = prefix.bits, .address = {}};
  quicrx_prefix6 key6{.prefix_bits = prefix.bits, .address = {}};
  std::memcpy(key4.address, prefix.address.data(), sizeof(key4.address));
  std::memcpy(key6.address, prefix.address.data(), sizeof(key6.address));
  const int error = prefix.is_ipv6 ? bpf_map_update_elem(prefix6, &key6, &value, BPF_ANY)
                                   : bpf_map_update_elem(prefix4, &key4, &value, BPF_ANY);
  if (error != 0) return map_failure("write", prefix.is_ipv6 ? "quicrx_prefix6" : "quicrx_prefix4");
  return {};
}

}  // namespace

std::string SteerMaps::pin_folder(const Interface& interface) {
  return std::string(kRoot) + "/" + std::to_string(interface.namespace_id) + "/" + interface.name;
}

Result<void> SteerMaps::pin(const Interface& interface, const bpf_object& object) {
  const std::string folder = pin_folder(interface);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorKind::failure, "cannot make " + folder + ": " + error.message());
  const bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(&object, map)) != nullptr) {
    if (bpf_map__is_internal(map)) continue;  // the program's constants
    const std::string path = folder + "/" + bpf_map__name(map);
    if (bpf_obj_pin(bpf_map__fd(map), path.c_str()) != 0)
      return fail(ErrorKind::failure, "cannot pin " + path + ": " + std::strerror(errno));
  }
  return {};
}

void SteerMaps::unpin(const Interface& interface) {
  const std::filesystem::path folder = pin_folder(interface);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::remove(folder.parent_path(), ignored);  // only when empty
  std::filesystem::remove(kRoot, ignored);
}

Result<SteerMaps> SteerMaps::open(const Interface& interface) {
  const std::string folder = pin_folder(interface);
  SteerMaps maps;
  const auto open_one = [&](const char* name) {
    return Descriptor(bpf_obj_get((folder + "/" + name).c_str()));
  };
  maps.config_ = open_one("quicrx_config");
  maps.ports_ = open_one("quicrx_ports");
  maps.prefix4_ = open_one("quicrx_prefix4");
  maps.prefix6_ = open_one("quicrx_prefix6");
  maps.xsks_ = open_one("quicrx_xsks");
  maps.counters_ = open_one("quicrx_counters");
  if (maps.config_ && maps.ports_ && maps.prefix4_ && maps.prefix6_ && maps.xsks_ && maps.counters_) {
    if (info_of(maps.config_).value_size == sizeof(quicrx_config) &&
        info_of(maps.ports_).value_size == sizeof(quicrx_port_set) &&
        info_of(maps.counters_).value_size == sizeof(quicrx_counters))
      return maps;
    return fail(ErrorKind::busy, interface.name + ": another version of quicrx is loaded; 'quicrx unload " +
                                     interface.name + "' removes it");
  }
  if (errno == EPERM || errno == EACCES)
    return fail(ErrorKind::permission,
                "cannot open the maps in " + folder + ": " + std::strerror(errno) + "; run as root");
  return fail(ErrorKind::not_found,
              interface.name + ": quicrx is not loaded; 'quicrx load " + interface.name + "' loads it");
}

Result<void> SteerMaps::configure(const Interface& interface, const std::vector<PortRange>& ports,
                                  const std::vector<IpPrefix>& addresses, std::uint32_t flags) const {
  for (const IpPrefix& prefix : addresses)
    if (auto added = add_prefix(prefix4_.get(), prefix6_.get(), prefix); !added) return added;

  quicrx_config config{};
  config.flags = flags;
  std::ranges::copy(interface.mac, config.mac);
  if (auto written = write_config(config); !written) return written;

  quicrx_port_set set{};
  for (const auto& [first, last] : ports)
    for (unsigned port = first; port <= last; ++port) set.word[port >> 6] |= std::uint64_t{1} << (port & 63);
  if (bpf_map_update_elem(ports_.get(), &kOnly, &set, BPF_ANY) != 0)
    return map_failure("write", "quicrx_ports");
  return {};
}

Result<void> SteerMaps::write_config(const quicrx_config& config) const {
  if (bpf_map_update_elem(config_.get(), &kOnly, &config, BPF_ANY) != 0)
    return map_failure("write", "quicrx_config");
  return {};
}

Result<quicrx_config> SteerMaps::config() const {
  quicrx_config config{};
  if (bpf_map_lookup_elem(config_.get(), &kOnly, &config) != 0) return map_failure("read", "quicrx_config");
  return config;
}

Result<void> SteerMaps::refresh_station(const Interface& interface) const {
  auto present = config();
  if (!present) return tl::unexpected(present.error());
  std::ranges::copy(interface.mac, present->mac);
  return write_config(*present);
}

Result<std::vector<PortRange>> SteerMaps::ports() const {
  quicrx_port_set set{};
  if (bpf_map_lookup_elem(ports_.get(), &kOnly, &set) != 0) return map_failure("read", "quicrx_ports");
  std::vector<PortRange> ranges;
  for (unsigned port = 1; port < 65536; ++port) {
    if ((set.word[port >> 6] >> (port & 63) & 1) == 0) continue;
    const auto number = static_cast<std::uint16_t>(port);
    if (!ranges.empty() && ranges.back().last + 1u == port) {
      ranges.back().last = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  return ranges;
}

Result<SteerCounters> SteerMaps::counters() const {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return fail(ErrorKind::failure, "cannot tell the number of CPUs");
  std::vector<quicrx_counters> by_cpu(static_cast<std::size_t>(cpus));
  if (bpf_map_lookup_elem(counters_.get(), &kOnly, by_cpu.data()) != 0)
    return map_failure("read", "quicrx_counters");
  SteerCounters sum{};
  for (const quicrx_counters& one : by_cpu)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one.value[i];
  return sum;
}

Result<void> SteerMaps::set_socket(std::uint32_t queue, int socket) const {
  if (bpf_map_update_elem(xsks_.get(), &queue, &socket, BPF_ANY) != 0)
    return map_failure("put the AF_XDP socket into", "quicrx_xsks");
  return {};
}

std::uint32_t SteerMaps::pinned_counters_id(const Interface& interface) {
  const Descriptor counters(bpf_obj_get((pin_folder(interface) + "/quicrx_counters").c_str()));
  return counters ? info_of(counters).id : 0;
}

}  // namespace quicrx
