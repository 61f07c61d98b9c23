// SPDX-License-Identifier: MIT
/// A carrier that goes and comes back, on a tap device in a network namespace that dies with the test.
#include "xdp/carrier.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <sched.h>

#include <thread>

#include "xdp/interface_query.h"

namespace quicrx::test {
namespace {

using std::chrono::milliseconds;

class Tap {
 public:
  Tap() : device_(open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
    request_.ifr_flags = IFF_TAP | IFF_NO_PI;
    EXPECT_EQ(ioctl(device_.get(), TUNSETIFF, &request_), 0);
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
    request_.ifr_flags = IFF_UP;
    EXPECT_EQ(ioctl(socket.get(), SIOCSIFFLAGS, &request_), 0);
  }

  void set_carrier(int on) { EXPECT_EQ(ioctl(device_.get(), TUNSETCARRIER, &on), 0); }
  [[nodiscard]] Interface interface() const {
    Interface found;
    found.name = request_.ifr_name;
    return found;
  }

 private:
  Descriptor device_;
  ifreq request_{};
};

/// A thread's network namespace is its own.
template <typename Test>
void in_own_namespace(Test test) {
  std::thread([&] {
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    test();
  }).join();
}

TEST(Carrier, IsWaitedForWithABound) {
  in_own_namespace([] {
    Tap tap;
    const CarrierWatch watch(tap.interface());
    ASSERT_TRUE(watch.has_carrier());
    EXPECT_TRUE(watch.wait(milliseconds(0)));
    tap.set_carrier(0);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(watch.wait(milliseconds(50)));
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(50));
    std::thread later([&] {
      std::this_thread::sleep_for(milliseconds(30));
      tap.set_carrier(1);
    });
    EXPECT_TRUE(watch.wait(milliseconds(10'000)));
    later.join();
  });
}

TEST(Carrier, IsNotWaitedForWhereThereWasNone) {
  in_own_namespace([] {
    Tap tap;
    tap.set_carrier(0);
    const CarrierWatch watch(tap.interface());
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(watch.wait(milliseconds(10'000)));
    EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(5'000));
  });
}

}  // namespace
}  // namespace quicrx::test
