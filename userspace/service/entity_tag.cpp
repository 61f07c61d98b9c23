// SPDX-License-Identifier: MIT
#include "service/entity_tag.h"

#include <fmt/format.h>

namespace quicrx {

std::string entity_tag_of(const struct stat& status) {
  return fmt::format("\"{:x}-{:x}.{:x}-{:x}\"", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                     status.st_ino);
}

bool names_tag(std::string_view list, std::string_view tag, Comparison comparison) {
  constexpr std::string_view kWeak = "W/";
  while (true) {
    list.remove_prefix(std::min(list.size(), list.find_first_not_of(" \t,")));
    const bool weak = list.starts_with(kWeak);
    if (weak) list.remove_prefix(kWeak.size());
    if (!list.starts_with('"')) return false;
    const std::size_t end = list.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == tag && !(weak && comparison == Comparison::strong)) return true;
    list.remove_prefix(end + 1);
    const std::size_t next = list.find_first_not_of(" \t");
    if (next == std::string_view::npos || list[next] != ',') return false;
  }
}

}  // namespace quicrx
