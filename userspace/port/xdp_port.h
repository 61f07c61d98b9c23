// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frame/slab_pool.h"
#include "frame/umem_memory.h"
#include "net/header_template.h"
#include "port/frame_gatherer.h"
#include "port/leaf_port.h"
#include "port/port_counters.h"
#include "steer_abi.h"
#include "xdp/device_clock.h"
#include "xdp/umem_plan.h"
#include "xdp/xsk_socket.h"

namespace quicrx {

/// Memory that outlives the port, so that another process can look at it: see telemetry/record.h.
struct PoolStorage {
  std::span<FrameWord> words;
  PoolCounters* counters = nullptr;
};

/// Datagrams straight from and to the frames of an AF_XDP socket.
///
/// Frames [0, receive_frames) of the UMEM are for receive, the rest for transmit. A received frame's payload
/// lies where the driver put it; a sent one's headers are written before its payload.
class XdpPort final : public QueuePort {
 public:
  struct Config {
    Interface interface;
    std::uint32_t queue = 0;
    std::uint16_t worker = 0;

    UmemPlan plan;
    BindMode bind = BindMode::automatic;
    bool native = true;             ///< how the XDP program is attached
    bool receive_metadata = false;  ///< the XDP program puts a quicrx_metadata before each packet
    std::chrono::microseconds busy_poll{0};
  };
  struct Storage {
    PoolStorage receive;   ///< plan.receive_frames words
    PoolStorage transmit;  ///< plan.transmit_frames words
    PoolStorage gather;    ///< plan.gather_frames words
    PortCounters* counters = nullptr;
  };

  /// Opens, fills and binds. The XDP program redirects nothing to it until its descriptor is in the map.
  static Result<std::unique_ptr<XdpPort>> open(const Config& config, const Storage& storage);

  XdpPort(const Config& config, const Storage& storage, UmemMemory memory, UmemMemory gather_memory,
          XskSocket socket);

  /// Timestamps of the receive metadata are of this clock; without one they are not used.
  void use_clock(DeviceClock clock) { clock_ = std::move(clock); }

  Result<void> adopt() override;
  [[nodiscard]] std::vector<ReceivePool> receive_pools() override;

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] std::size_t max_payload(const Path& path) const override;
  [[nodiscard]] const PortCounters& counters() const override { return counters_; }
  [[nodiscard]] int descriptor() const override { return socket_.descriptor(); }
  [[nodiscard]] FramePool* transmit_pool(const Path&) override { return &transmit_; }
  [[nodiscard]] bool has_received() const override { return false; }  // the descriptor tells of all
  [[nodiscard]] bool has_unsent() const override { return unsent_ && socket_.transmit.pending() > 0; }

  bool poll_driver() override;

  [[nodiscard]] std::size_t frames_in_transmit() const override { return in_transmit_; }
  [[nodiscard]] bool zero_copy() const override { return socket_.zero_copy(); }
  [[nodiscard]] int zero_copy_refused() const { return socket_.zero_copy_refused(); }
  [[nodiscard]] bool receives_metadata() const { return config_.receive_metadata; }
  [[nodiscard]] bool has_clock() const { return clock_.has_value(); }
  /// Why there is no clock to read timestamps by.
  [[nodiscard]] const std::string& clock_refused() const { return clock_refused_; }
  [[nodiscard]] bool huge_pages() const { return memory_.huge_pages; }
  [[nodiscard]] std::chrono::microseconds busy_poll() const override { return config_.busy_poll; }

 private:
  bool read(const xdp_desc& descriptor, Datagram& datagram, Timestamp now);
  Frame take_packet(const xdp_desc& descriptor);
  Frame gather(const Frame& part, bool more);
  void take_metadata(const Frame& frame);
  void apply_metadata(Datagram& datagram);
  void put(FrameIndex index, std::size_t offset, std::size_t bytes);
  bool take_completion(std::uint64_t address);
  std::optional<Frame> copy_of(const Frame& frame, const Path& path);
  void refill();
  void complete();
  void wake_transmit();

  Config config_;
  PortCounters& counters_;
  UmemMemory memory_;
  SlabPool receive_;
  SlabPool transmit_;
  UmemMemory gather_memory_;
  SlabPool gather_;
  FrameGatherer gatherer_;
  XskSocket socket_;
  std::optional<DeviceClock> clock_;
  std::string clock_refused_;
  quicrx_metadata metadata_{};           // of the packet that is being read
  std::vector<std::uint8_t> parts_out_;  // by transmit frame: chunks that the kernel has
  HeaderTemplate headers_;               // of the path sent to last: a connection's datagrams leave in a run
  std::vector<FrameCharge> charges_;     // by transmit frame, while it is lent
  std::uint32_t in_transmit_ = 0;        // frames lent for send
  bool unsent_ = false;
};

}  // namespace quicrx
