// SPDX-License-Identifier: MIT
#pragma once

namespace quicrx {

/// While it lives, GnuTLS believes in this thread that it is a little earlier than it is: for the times that
/// it writes down.
///
/// GnuTLS refuses 0-RTT from a client that thinks its ticket older than the server does. Go and BoringSSL
/// count in whole seconds and so often think that, by up to a second. Tickets that are dated back are never
/// too young. The clock is set by a function that GnuTLS exports without declaring it; where it has none,
/// nothing is dated back and those clients lose a round trip.
class BackdatedClock {
 public:
  /// Has GnuTLS ask us for the time, from now on and in all threads; until then nothing is dated back. Before
  /// a second thread uses GnuTLS.
  static void install();

  BackdatedClock();
  ~BackdatedClock();
  BackdatedClock(const BackdatedClock&) = delete;
  BackdatedClock& operator=(const BackdatedClock&) = delete;
};

}  // namespace quicrx
