// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace quicrx::fuzz {

/// Writes a new key and a certificate of its own into two PEM files.
void write_certificate(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file);

}  // namespace quicrx::fuzz
