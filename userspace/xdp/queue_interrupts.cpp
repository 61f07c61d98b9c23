// SPDX-License-Identifier: MIT
#include "xdp/queue_interrupts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace quicrx {
namespace {

/// What the number in a handler's name says of the receive queue.
enum class Numbering {
  is_queue,
  is_order,           ///< the first number that is there is queue 0's
  is_order_in_halves  ///< the same, and the first half are transmit queues'
};

struct Word {
  std::string_view text;
  Numbering numbering = Numbering::is_queue;
};

// Before the number stands one of these, and before that, with '-' or ':' between, the name of interface,
// driver or device.
constexpr std::array kWords{
    Word{"TxRx-"},                                       // Intel, bnxt and others
    Word{"Tx-Rx-"},                                      // ena
    Word{"rxtx-"},                                       // nfp, rvu-nicpf, vmxnet3
    Word{"txrx-"},                                       // tsnep
    Word{"rx-"},                                         // where transmit queues have interrupts of their own
    Word{"input."},                                      // virtio_net
    Word{"mlx5_comp", Numbering::is_order},              // Linux 6.5 to 6.8 count from 1, others from 0
    Word{"ntfy-blk", Numbering::is_order_in_halves},     // gve
    Word{"ntfy-block.", Numbering::is_order_in_halves},  // older gve
};

/// A handler of packets' interrupts.
struct Handler {
  const Interrupt* interrupt = nullptr;
  Numbering numbering = Numbering::is_queue;
  std::uint32_t number = 0;
};

/// Takes a word off the end of a name; what is left is whose the interrupt is. Nothing when it is another
/// word.
std::optional<std::string_view> owner_before(std::string_view word, std::string_view name) {
  if (!name.ends_with(word)) return std::nullopt;
  name.remove_suffix(word.size());
  if (name.empty()) return name;
  if (!name.ends_with('-') && !name.ends_with(':')) return std::nullopt;
  return name.substr(0, name.size() - 1);
}

std::optional<Handler> handler_of(const Interrupt& interrupt) {
  std::string_view name = interrupt.name;
  name = name.substr(0, name.find('@'));  // of "mlx5_comp0@pci:0000:01:00.0"
  const std::string_view digits = name.substr(name.find_last_not_of("0123456789") + 1);
  Handler handler{&interrupt};
  if (std::from_chars(digits.data(), digits.data() + digits.size(), handler.number).ec != std::errc())
    return std::nullopt;
  name.remove_suffix(digits.size());
  for (const auto& [word, numbering] : kWords) {
    const auto owner = owner_before(word, name);
    if (!owner) continue;
    // Of i40e and ice: the queue for the rules of the flow director.
    if (owner->ends_with(":fdir") || owner->ends_with(":ctrl")) return std::nullopt;
    // Older idpf counts all vectors of the device, not all of which are this interface's.
    handler.numbering = owner->starts_with("idpf-") ? Numbering::is_order : numbering;
    return handler;
  }
  return std::nullopt;
}

bool names_interface(const Handler& handler, const std::string& interface) {
  const std::string parts = "-" + handler.interrupt->name;
  return parts.find("-" + interface + "-") != std::string::npos ||
         parts.find("-" + interface + ":") != std::string::npos;
}

/// Ascending. If any are named after the interface, only those: other interfaces may be on the same device.
std::vector<Handler> handlers_of(const std::string& interface, const std::vector<Interrupt>& interrupts) {
  std::vector<Handler> handlers;
  for (const Interrupt& interrupt : interrupts)
    if (const auto handler = handler_of(interrupt)) handlers.push_back(*handler);
  const auto ours = [&](const Handler& handler) { return names_interface(handler, interface); };
  if (std::ranges::any_of(handlers, ours))
    std::erase_if(handlers, [&](const Handler& handler) { return !ours(handler); });
  std::ranges::stable_sort(handlers, {}, &Handler::number);
  return handlers;
}

/// The one interrupt for everything that some devices have.
const Interrupt* common_interrupt(const std::string& interface, const std::vector<Interrupt>& interrupts) {
  if (interrupts.size() == 1) return interrupts.data();
  const auto common = std::ranges::find_if(interrupts, [&](const Interrupt& interrupt) {
    return interrupt.name == interface || interrupt.name.ends_with("-virtqueues");
  });
  return common == interrupts.end() ? nullptr : &*common;
}

}  // namespace

std::map<std::uint32_t, Interrupt> interrupts_of_queues(const Interface& interface,
                                                        const std::vector<Interrupt>& interrupts) {
  std::map<std::uint32_t, Interrupt> found;
  const auto handlers = handlers_of(interface.name, interrupts);
  const auto half = static_cast<std::uint32_t>(handlers.size() / 2);
  for (std::uint32_t order = 0; const Handler& handler : handlers) {
    const std::uint32_t queue = handler.numbering == Numbering::is_queue   ? handler.number
                                : handler.numbering == Numbering::is_order ? order
                                                                           : order - half;
    // What comes before the half wraps around to more than there are.
    if (queue < interface.receive_queues) found.try_emplace(queue, *handler.interrupt);
    ++order;
  }
  if (!handlers.empty()) return found;
  if (const Interrupt* common = common_interrupt(interface.name, interrupts))
    for (std::uint32_t queue = 0; queue < interface.receive_queues; ++queue) found.emplace(queue, *common);
  return found;
}

}  // namespace quicrx
