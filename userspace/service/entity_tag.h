// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace quicrx {

/// A strong entity tag for a file as it is now, in quotes: another size, time or inode, another tag.
std::string entity_tag_of(const struct stat& status);

/// How two entity tags are compared (RFC 9110 section 8.8.3.2).
enum class Comparison {
  strong,  ///< a weak one matches none
  weak,    ///< W/ makes no difference
};

/// Whether a list of entity tags, as of If-Match and If-None-Match, names `tag`, a strong one. A malformed
/// list names nothing from there on. "*" is not for this function.
bool names_tag(std::string_view list, std::string_view tag, Comparison comparison);

}  // namespace quicrx
