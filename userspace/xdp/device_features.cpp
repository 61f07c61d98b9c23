// SPDX-License-Identifier: MIT
#include "xdp/device_features.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include <array>
#include <functional>
#include <memory>

namespace quicrx {
namespace {

// include/uapi/linux/netdev.h, which Debian 12's headers (6.1) lack.
constexpr const char* kFamily = "netdev";
constexpr std::uint8_t kDeviceGet = 1;
enum Attribute : std::uint16_t { kIfindex = 1, kXdpFeatures = 3, kZcMaxSegs = 4, kRxMetadata = 5 };
enum XdpFeature : std::uint64_t { kBasic = 1, kRedirect = 2, kXskZeroCopy = 8, kRxSg = 32 };
enum MetadataFeature : std::uint64_t { kTimestamp = 1, kHash = 2 };

struct CloseSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

/// Generic netlink: one request, and its answer's attributes.
class Netlink {
 public:
  using Visit = std::function<void(const nlattr*)>;

  Netlink() : socket_(mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC)) {
    if (socket_ && mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0) socket_.reset();
  }

  bool ask(std::uint16_t family, std::uint8_t command, const std::function<void(nlmsghdr*)>& fill,
           const Visit& visit) {
    if (!socket_) return false;
    nlmsghdr* request = mnl_nlmsg_put_header(buffer_.data());
    request->nlmsg_type = family;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = ++sequence_;
    auto* generic = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(request, sizeof(genlmsghdr)));
    generic->cmd = command;
    generic->version = 1;
    fill(request);
    if (mnl_socket_sendto(socket_.get(), request, request->nlmsg_len) < 0) return false;
    return answered(visit);
  }

 private:
  bool answered(const Visit& visit) {
    static constexpr auto each_attribute = [](const nlattr* attribute, void* data) -> int {
      (*static_cast<const Visit*>(data))(attribute);
      return MNL_CB_OK;
    };
    const auto each_message = [](const nlmsghdr* message, void* data) -> int {
      return mnl_attr_parse(message, sizeof(genlmsghdr), each_attribute, data);
    };
    const unsigned port = mnl_socket_get_portid(socket_.get());
    while (true) {
      const auto bytes = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
      if (bytes < 0) return false;
      const int more = mnl_cb_run(buffer_.data(), static_cast<std::size_t>(bytes), sequence_, port,
                                  each_message, const_cast<Visit*>(&visit));
      if (more <= 0) return more == 0;
    }
  }

  std::unique_ptr<mnl_socket, CloseSocket> socket_;
  alignas(nlmsghdr) std::array<char, 8192> buffer_{};
  unsigned sequence_ = 0;
};

}  // namespace

std::optional<DeviceFeatures> ask_device_features(const Interface& interface) {
  Netlink netlink;
  std::uint16_t family = 0;
  netlink.ask(
      GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
      [](nlmsghdr* request) { mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, kFamily); },
      [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID) family = mnl_attr_get_u16(attribute);
      });
  if (family == 0) return std::nullopt;

  DeviceFeatures features;
  const bool told = netlink.ask(
      family, kDeviceGet, [&](nlmsghdr* request) { mnl_attr_put_u32(request, kIfindex, interface.index); },
      [&](const nlattr* attribute) {
        switch (mnl_attr_get_type(attribute)) {
          case kXdpFeatures: {
            const std::uint64_t bits = mnl_attr_get_u64(attribute);
            features.native_xdp = (bits & kBasic) != 0 && (bits & kRedirect) != 0;
            features.zero_copy = (bits & kXskZeroCopy) != 0;
            features.multi_buffer = (bits & kRxSg) != 0;
            break;
          }
          case kZcMaxSegs:
            features.zero_copy_segments = mnl_attr_get_u32(attribute);
            break;
          case kRxMetadata: {
            const std::uint64_t bits = mnl_attr_get_u64(attribute);
            features.tells_metadata = true;
            features.receive_timestamp = (bits & kTimestamp) != 0;
            features.receive_hash = (bits & kHash) != 0;
            break;
          }
          default:
            break;
        }
      });
  return told ? std::optional(features) : std::nullopt;
}

}  // namespace quicrx
