// SPDX-License-Identifier: MIT
/// Errors as values: what failed, on what, why, and what the user can do.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace quicrx {

/// The kind of an error, by which a program chooses its exit status (docs/operations.md).
enum class ErrorKind {
  failure,      ///< anything without a kind of its own
  usage,        ///< the caller's words or values are off
  permission,   ///< a capability or a file permission is missing
  not_found,    ///< no such interface, queue, file or loaded program
  busy,         ///< another process or program holds it
  unsupported,  ///< this kernel or driver cannot do it
};

/// One line, without a full stop or a line break: "eth9: no such interface; see 'ip link'".
struct Error {
  ErrorKind kind = ErrorKind::failure;
  std::string message;
};

/// A value, or the error that stands in its place.
template <typename T>
using Result = tl::expected<T, Error>;

/// Makes the error side of a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}

}  // namespace quicrx
