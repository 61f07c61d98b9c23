// SPDX-License-Identifier: MIT
#include "quic/connection_id_key.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "quic/random.h"

namespace quicrx {
namespace {

constexpr std::size_t kRandomBytes = 10;
constexpr std::size_t kWorkerBytes = sizeof(WorkerNumber);
constexpr std::size_t kCheckBytes = kConnectionIdBytes - kRandomBytes - kWorkerBytes;

using Check = std::array<std::uint8_t, kCheckBytes>;

WorkerNumber read_number(Bytes bytes) {
  return static_cast<WorkerNumber>(bytes[0] << 8 | bytes[1]);
}

void write_number(MutableBytes bytes, WorkerNumber number) {
  bytes[0] = static_cast<std::uint8_t>(number >> 8);
  bytes[1] = static_cast<std::uint8_t>(number);
}

/// The keyed hash of an ID's random bytes and its worker's number, unmasked.
Check check_of(SipHashKey key, Bytes random, WorkerNumber worker) {
  std::array<std::uint8_t, kRandomBytes + kWorkerBytes> input{};
  std::ranges::copy(random, input.begin());
  write_number(MutableBytes(input).last(kWorkerBytes), worker);
  const std::uint64_t hash = siphash(key, input);
  Check check{};
  std::memcpy(check.data(), &hash, check.size());
  return check;
}

/// What hides the number: of the random bytes and the check, so that no two IDs share it.
WorkerNumber mask_of(SipHashKey key, Bytes random, Bytes check) {
  std::array<std::uint8_t, kRandomBytes + kCheckBytes> input{};
  std::ranges::copy(check, std::ranges::copy(random, input.begin()).out);
  return static_cast<WorkerNumber>(siphash(key, input));
}

}  // namespace

ConnectionIdKey ConnectionIdKey::random() {
  return {random_siphash_key(), random_siphash_key()};
}

void ConnectionIdKey::make(WorkerNumber worker, MutableBytes id) const {
  const MutableBytes random = id.first(kRandomBytes);
  fill_random(random);
  const Check check = check_of(check_, random, worker);
  std::ranges::copy(check, id.last(kCheckBytes).begin());
  write_number(id.subspan(kRandomBytes, kWorkerBytes),
               static_cast<WorkerNumber>(worker ^ mask_of(mask_, random, check)));
}

std::optional<WorkerNumber> ConnectionIdKey::worker_of(Bytes id) const {
  if (id.size() != kConnectionIdBytes) return std::nullopt;
  const Bytes random = id.first(kRandomBytes), check = id.last(kCheckBytes);
  const auto worker = static_cast<WorkerNumber>(read_number(id.subspan(kRandomBytes, kWorkerBytes)) ^
                                                mask_of(mask_, random, check));
  if (!std::ranges::equal(check, check_of(check_, random, worker))) return std::nullopt;
  return worker;
}

}  // namespace quicrx
