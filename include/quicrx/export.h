// SPDX-License-Identifier: MIT
#pragma once

/// Marks what the shared library shows; all else in it is hidden. (A macro, for there is no other way to put
/// an attribute on many declarations.)
#define QUICRX_API __attribute__((visibility("default")))
