// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "frame/descriptor.h"
#include "quicrx/bytes.h"
#include "service/document_root.h"
#include "tl/expected.hpp"

namespace quicrx {

/// A file on its way in: written under a temporary name, and renamed when it is whole. What is not committed
/// is removed when the upload dies.
class Upload {
 public:
  /// `name` is one path component that does not begin with a dot; 400 otherwise. `folder` outlives the
  /// upload.
  static tl::expected<Upload, HttpStatus> begin(const Descriptor& folder, std::string_view name);

  Upload(Upload&& other) noexcept;
  Upload& operator=(Upload&&) = delete;
  ~Upload();

  /// Appends. The error is 507 when the disk is full, 500 otherwise.
  tl::expected<void, HttpStatus> write(Bytes bytes);
  /// The file gets its name, in place of an older one.
  tl::expected<void, HttpStatus> commit();

  /// The state of the file that commit() would replace; nothing when there is none.
  [[nodiscard]] std::optional<Validators> replaces() const;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  Upload(int folder, std::string name, std::string temporary, Descriptor file)
      : folder_(folder), name_(std::move(name)), temporary_(std::move(temporary)), file_(std::move(file)) {}

  int folder_;
  std::string name_;
  std::string temporary_;  // empty once committed
  Descriptor file_;
  std::uint64_t bytes_ = 0;
};

/// Removes temporary files of uploads that a killed process left in the folder. Those of a living one are
/// locked and stay.
void remove_abandoned_uploads(const Descriptor& folder);

}  // namespace quicrx
