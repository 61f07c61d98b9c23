// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace quicrx {

/// The media type for a file name, by its extension; application/octet-stream for what is not known.
std::string_view content_type_of(std::string_view file_name);

}  // namespace quicrx
