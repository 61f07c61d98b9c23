// SPDX-License-Identifier: MIT
#include "protection/latent_key.h"

#include <gtest/gtest.h>

namespace quicrx::test {
namespace {

/// Its keys "encrypt" by copying, and say what they were made of in the tag's place.
class CountingLibrary final : public CipherLibrary {
 public:
  struct Key final : PacketKey {
    explicit Key(Bytes from) : bytes(from.begin(), from.end()) {}
    bool seal(std::uint8_t* out, Bytes payload, Nonce, Bytes) const override {
      std::ranges::copy(payload, out);
      std::ranges::copy(Bytes(bytes).first(kTagBytes), out + payload.size());
      return true;
    }
    bool open(std::uint8_t* out, Bytes sealed, Nonce, Bytes) const override {
      std::ranges::copy(sealed.first(sealed.size() - kTagBytes), out);
      return std::ranges::equal(sealed.last(kTagBytes), Bytes(bytes).first(kTagBytes));
    }
    std::vector<std::uint8_t> bytes;
  };

  std::unique_ptr<PacketKey> packet_key(Aead, Bytes key) const override {
    asked_bytes.push_back(key.size());
    return out_of_memory ? nullptr : std::make_unique<Key>(key);
  }
  std::unique_ptr<HeaderKey> header_key(Aead, Bytes) const override { return nullptr; }
  const char* instructions() const override { return ""; }

  mutable std::vector<std::size_t> asked_bytes;
  bool out_of_memory = false;
};

constexpr LatentKey::Raw kRaw{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
const std::array<std::uint8_t, kNonceBytes> kNonce{};
const std::array<std::uint8_t, 5> kPayload{50, 51, 52, 53, 54};

TEST(LatentKey, IsMadeByItsFirstPacketAndOnce) {
  CountingLibrary library;
  const LatentKey sender(library, Aead::aes_128_gcm, kRaw), receiver(library, Aead::aes_128_gcm, kRaw);
  EXPECT_TRUE(library.asked_bytes.empty()) << "a key without a packet is no more than its bytes";
  std::array<std::uint8_t, kPayload.size() + kTagBytes> sealed{};
  std::array<std::uint8_t, kPayload.size()> opened{};
  for (int packet = 0; packet < 2; ++packet) {
    ASSERT_TRUE(sender.seal(sealed.data(), kPayload, kNonce, {}));
    ASSERT_TRUE(receiver.open(opened.data(), sealed, kNonce, {}));
  }
  EXPECT_EQ(opened, kPayload);
  EXPECT_EQ(library.asked_bytes, (std::vector<std::size_t>{16, 16}))
      << "one for each end, of an AES-128 key's bytes";
}

TEST(LatentKey, FailsWhileMemoryIsOut) {
  CountingLibrary library;
  library.out_of_memory = true;
  const LatentKey key(library, Aead::aes_256_gcm, kRaw);
  std::array<std::uint8_t, kPayload.size() + kTagBytes> sealed{};
  EXPECT_FALSE(key.seal(sealed.data(), kPayload, kNonce, {}));
  library.out_of_memory = false;
  EXPECT_TRUE(key.seal(sealed.data(), kPayload, kNonce, {}));
  EXPECT_EQ(library.asked_bytes.back(), 32u);
}

}  // namespace
}  // namespace quicrx::test
