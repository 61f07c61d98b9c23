// SPDX-License-Identifier: MIT
#include "check/offloads.h"

#include <algorithm>
#include <cstring>

#include "xdp/interface_query.h"

namespace quicrx {
namespace {

/// One of ethtool's structures with `bytes` behind it for its last member.
template <typename Head>
class WithTail {
 public:
  explicit WithTail(std::size_t bytes) : memory_((sizeof(Head) + bytes + 7) / 8) {}

  Head& head() { return *reinterpret_cast<Head*>(memory_.data()); }

 private:
  std::vector<std::uint64_t> memory_;
};

std::uint32_t count_features(InterfaceQuery& query) {
  WithTail<ethtool_sset_info> info(sizeof(std::uint32_t));
  info.head().sset_mask = std::uint64_t{1} << ETH_SS_FEATURES;
  if (!query.ethtool(ETHTOOL_GSSET_INFO, info.head()) || info.head().sset_mask == 0) return 0;
  return info.head().data[0];
}

}  // namespace

Offloads::Offloads(const std::string& interface) {
  InterfaceQuery query(interface);
  const std::uint32_t count = count_features(query);
  WithTail<ethtool_gstrings> strings(std::size_t{count} * ETH_GSTRING_LEN);
  strings.head().string_set = ETH_SS_FEATURES;
  strings.head().len = count;
  const std::uint32_t block_count = (count + 31) / 32;
  WithTail<ethtool_gfeatures> features(block_count * sizeof(ethtool_get_features_block));
  features.head().size = block_count;
  if (count == 0 || !query.ethtool(ETHTOOL_GSTRINGS, strings.head()) ||
      !query.ethtool(ETHTOOL_GFEATURES, features.head()))
    return;
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* name = reinterpret_cast<const char*>(strings.head().data) + std::size_t{i} * ETH_GSTRING_LEN;
    names_.emplace_back(name, strnlen(name, ETH_GSTRING_LEN));
  }
  blocks_.assign(features.head().features, features.head().features + block_count);
}

std::optional<Offloads::State> Offloads::find(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) return std::nullopt;
  const auto at = static_cast<std::size_t>(found - names_.begin());
  const ethtool_get_features_block& block = blocks_[at / 32];
  const std::uint32_t bit = std::uint32_t{1} << at % 32;
  return State{.on = (block.active & bit) != 0,
               .fixed = (block.available & bit) == 0 || (block.never_changed & bit) != 0};
}

}  // namespace quicrx
