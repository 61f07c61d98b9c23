// SPDX-License-Identifier: MIT
/// Where records lie, and whose are read.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "telemetry/record.h"

namespace quicrx {
namespace {

class Folder : public testing::Test {
 protected:
  Folder() { path_ = mkdtemp(template_.data()); }
  ~Folder() override { std::filesystem::remove_all(path_); }

  std::string template_ = "/tmp/record-test-XXXXXX";
  std::string path_;
};

TEST(RecordRoots, AreTheSystemsAndTheUsersOwn) {
  using Roots = std::vector<std::string>;
  EXPECT_EQ(record_roots(7, nullptr), (Roots{"/run/quicrx", "/tmp/quicrx-7"}));
  EXPECT_EQ(record_roots(7, "relative"), (Roots{"/run/quicrx", "/tmp/quicrx-7"}));
  EXPECT_EQ(record_roots(7, "/run/user/7"), (Roots{"/run/quicrx", "/run/user/7/quicrx", "/tmp/quicrx-7"}));
}

TEST_F(Folder, IsOursOnlyWhereNobodyElseWrites) {
  EXPECT_TRUE(is_own_folder(path_));
  EXPECT_FALSE(is_own_folder(path_ + "/none"));
  const std::string link = path_ + "/link";
  ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_FALSE(is_own_folder(link)) << "it may be made to lead elsewhere";
  for (const mode_t open_to_others : {0770u, 0777u, 01777u}) {
    ASSERT_EQ(chmod(path_.c_str(), open_to_others), 0);
    EXPECT_FALSE(is_own_folder(path_));
  }
}

TEST(SocketServers, AreToldFromInterfacesByName) {
  EXPECT_TRUE(is_socket_server("udp:443"));
  EXPECT_TRUE(is_socket_server("udp:[::1]:443"));
  EXPECT_FALSE(is_socket_server("s0"));
  EXPECT_FALSE(is_socket_server("udp-443"));
}

/// In a namespace that there is none of: nobody's records are disturbed.
TEST(Record, IsFoundByNameAndGoesWithItsPoller) {
  constexpr std::uint64_t kNamespace = 999'999'999'999;
  const PollerName name{"udp:[::1]:443", kNamespace};
  {
    const auto record = Record::create(name, 3, UmemPlan{});
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(recorded_queues(name), (std::vector<std::uint32_t>{3}));
    EXPECT_EQ(recorded_queues({"udp:[::1]:44", kNamespace}), (std::vector<std::uint32_t>{}));
    EXPECT_EQ(recorded_socket_servers(kNamespace), (std::vector<std::string>{"udp:[::1]:443"}));
    const auto view = Record::open(name, 3);
    ASSERT_TRUE(view) << view.error().message;
    EXPECT_TRUE((*view)->alive());
    EXPECT_EQ((*view)->words(PoolKind::receive).size(), 0u);
    const auto second = Record::create(name, 3, UmemPlan{});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::busy);
  }
  EXPECT_TRUE(recorded_socket_servers(kNamespace).empty());
  EXPECT_TRUE(record_folders(kNamespace).empty()) << "empty folders go, too";
}

}  // namespace
}  // namespace quicrx
