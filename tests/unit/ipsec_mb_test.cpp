// SPDX-License-Identifier: MIT
/// intel-ipsec-mb's keys, by each of its implementations that this CPU can run: known answers, and GnuTLS's.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <random>

#include "hex.h"
#include "protection/gnutls_keys.h"
#include "protection/ipsec_mb.h"
#include "protection/ipsec_mb_keys.h"

namespace quicrx::test {
namespace {

constexpr std::size_t kMostBytes = 1500;
constexpr auto kAeads = {Aead::aes_128_gcm, Aead::aes_256_gcm, Aead::chacha20_poly1305};

PacketKey::Nonce nonce_of(const std::vector<std::uint8_t>& bytes) {
  return PacketKey::Nonce(bytes.data(), kNonceBytes);
}

class IpsecMbTest : public testing::TestWithParam<IpsecMbLevel> {
 protected:
  void SetUp() override {
    auto library = open_ipsec_mb(GetParam());
    if (!library) GTEST_SKIP() << library.error().message;
    library_ = *library;
  }

  void expect_answer(Aead aead, std::string_view key, std::string_view nonce, std::string_view header,
                     std::string_view payload, std::string_view sealed) {
    const auto packet_key = library_->packet_key(aead, unhex(key));
    const auto plain = unhex(payload), about = unhex(header), number = unhex(nonce);
    std::vector<std::uint8_t> out(plain.size() + kTagBytes);
    ASSERT_TRUE(packet_key->seal(out.data(), plain, nonce_of(number), about));
    EXPECT_EQ(hex(out), sealed);
    std::vector<std::uint8_t> opened(plain.size() + 1);
    ASSERT_TRUE(packet_key->open(opened.data(), out, nonce_of(number), about));
    opened.pop_back();
    EXPECT_EQ(hex(opened), payload);
  }

  void expect_mask(Aead aead, std::string_view key, std::string_view sample, std::string_view mask) {
    const auto header_key = library_->header_key(aead, unhex(key));
    const auto sampled = unhex(sample);
    std::array<std::uint8_t, NGTCP2_HP_MASKLEN> out{};
    ASSERT_TRUE(header_key->mask(HeaderKey::Sample(sampled.data(), NGTCP2_HP_SAMPLELEN), out));
    EXPECT_EQ(hex(out), mask);
  }

  std::vector<std::uint8_t> random(std::size_t bytes) {
    std::vector<std::uint8_t> made(bytes);
    std::ranges::generate(made, [&] { return static_cast<std::uint8_t>(random_()); });
    return made;
  }

  std::shared_ptr<const CipherLibrary> library_;
  std::mt19937 random_{7};
};

/// "The Galois/Counter Mode of Operation", appendix B, test cases 1, 4, 13 and 16.
TEST_P(IpsecMbTest, AesGcmAnswers) {
  expect_answer(Aead::aes_128_gcm, std::string(32, '0'), std::string(24, '0'), "", "",
                "58e2fccefa7e3061367f1d57a4e7455a");
  expect_answer(Aead::aes_256_gcm, std::string(64, '0'), std::string(24, '0'), "", "",
                "530f8afbc74536b9a963b4f1c4cb738b");
  const std::string key = "feffe9928665731c6d6a8f9467308308", nonce = "cafebabefacedbaddecaf888";
  const std::string header = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
  const std::string payload =
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aed"
      "f5"
      "aa0de657ba637b39";
  expect_answer(
      Aead::aes_128_gcm, key, nonce, header, payload,
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
      "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47");
  expect_answer(
      Aead::aes_256_gcm, key + key, nonce, header, payload,
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
      "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
}

TEST_P(IpsecMbTest, Chacha20Poly1305Answer) {  // RFC 8439 section 2.8.2
  const std::string_view text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
      "would be it.";
  expect_answer(
      Aead::chacha20_poly1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
      "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
      hex(Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())),
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
      "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
      "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
}

TEST_P(IpsecMbTest, ClientInitialOfRfc9001) {  // appendix A.2
  std::string payload =
      "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c000004130113020100"
      "00c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e00"
      "0500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d74800"
      "2b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffff"
      "ff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";
  payload.resize(std::size_t{1162} * 2, '0');
  const auto key = library_->packet_key(Aead::aes_128_gcm, unhex("1f369613dd76d5467730efcbe3b1a22d"));
  const auto plain = unhex(payload), nonce = unhex("fa044b2f42a3fd3b46fb255e");
  std::vector<std::uint8_t> out(plain.size() + kTagBytes);
  ASSERT_TRUE(
      key->seal(out.data(), plain, nonce_of(nonce), unhex("c300000001088394c8f03e5157080000449e00000002")));
  EXPECT_EQ(hex(Bytes(out).first(16)), "d1b1c98dd7689fb8ec11d242b123dc9b");
  EXPECT_EQ(hex(Bytes(out).last(kTagBytes)), "e221af44860018ab0856972e194cd934");
  expect_mask(Aead::aes_128_gcm, "9f50449e04a0e810283a1e9933adedd2", "d1b1c98dd7689fb8ec11d242b123dc9b",
              "437b9aec36");
}

TEST_P(IpsecMbTest, ServerInitialOfRfc9001) {  // appendix A.3
  expect_answer(
      Aead::aes_128_gcm, "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03f",
      "c1000000010008f067a5502a4262b50040750001",
      "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a12001"
      "30100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b0002"
      "0304",
      "5a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6e"
      "a46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850ab"
      "bdca3d20398c276456cbc42158407dd074ee");
  expect_mask(Aead::aes_128_gcm, "c206b8d9b9f0f37644430b490eeaa314", "2cd0991cd25b0aac406a5816b6394100",
              "2ec0d8356a");
}

TEST_P(IpsecMbTest, Chacha20ShortHeaderOfRfc9001) {  // appendix A.5
  expect_answer(Aead::chacha20_poly1305, "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8",
                "e0459b3474bdd0e46d417eb0", "4200bff4", "01", "655e5cd55c41f69080575d7999c25a5bfb");
  expect_mask(Aead::chacha20_poly1305, "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4",
              "5e5cd55c41f69080575d7999c25a5bfb", "aefefe7d03");
}

TEST_P(IpsecMbTest, Aes256HeaderMask) {  // FIPS 197 appendix C.3
  expect_mask(Aead::aes_256_gcm, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
              "00112233445566778899aabbccddeeff", "8ea2b7ca51");
}

TEST_P(IpsecMbTest, AgreesWithGnutlsOnAllLengths) {
  for (const Aead aead : kAeads) {
    const auto secret = random(key_bytes(aead));
    const auto ours = library_->packet_key(aead, secret), theirs = GnutlsPacketKey::make(aead, secret);
    std::vector<std::uint8_t> out(kMostBytes + kTagBytes), reference(kMostBytes + kTagBytes);
    for (std::size_t bytes = 0; bytes <= kMostBytes; ++bytes) {
      const auto plain = random(bytes), nonce = random(kNonceBytes), header = random(bytes % 70);
      ASSERT_TRUE(ours->seal(out.data(), plain, nonce_of(nonce), header));
      ASSERT_TRUE(theirs->seal(reference.data(), plain, nonce_of(nonce), header));
      ASSERT_EQ(hex(Bytes(out).first(bytes + kTagBytes)), hex(Bytes(reference).first(bytes + kTagBytes)))
          << bytes << " bytes";
      std::vector<std::uint8_t> opened(bytes + 1);
      ASSERT_TRUE(
          ours->open(opened.data(), Bytes(reference).first(bytes + kTagBytes), nonce_of(nonce), header));
      opened.pop_back();
      ASSERT_EQ(opened, plain) << bytes << " bytes";
    }
  }
}

TEST_P(IpsecMbTest, WorksInPlace) {
  for (const Aead aead : kAeads) {
    const auto key = library_->packet_key(aead, random(key_bytes(aead)));
    for (const std::size_t bytes : {0, 1, 15, 16, 17, 64, 255, 256, 257, 1350}) {
      const auto plain = random(bytes), nonce = random(kNonceBytes), header = random(20);
      std::vector<std::uint8_t> apart(bytes + kTagBytes), memory = plain;
      memory.resize(bytes + kTagBytes);
      ASSERT_TRUE(key->seal(apart.data(), plain, nonce_of(nonce), header));
      ASSERT_TRUE(key->seal(memory.data(), Bytes(memory).first(bytes), nonce_of(nonce), header));
      ASSERT_EQ(hex(memory), hex(apart)) << bytes;
      ASSERT_TRUE(key->open(memory.data(), memory, nonce_of(nonce), header));
      memory.resize(bytes);
      ASSERT_EQ(hex(memory), hex(plain)) << bytes;
    }
  }
}

TEST_P(IpsecMbTest, RefusesWhatWasChanged) {
  for (const Aead aead : kAeads) {
    const auto key = library_->packet_key(aead, random(key_bytes(aead)));
    auto nonce = random(kNonceBytes), header = random(20), sealed = random(100 + kTagBytes);
    const auto plain = random(100);
    std::vector<std::uint8_t> out(plain.size());
    ASSERT_TRUE(key->seal(sealed.data(), plain, nonce_of(nonce), header));
    const auto is_open = [&] { return key->open(out.data(), sealed, nonce_of(nonce), header); };
    ASSERT_TRUE(is_open());
    for (auto* part : {&nonce, &header, &sealed})
      for (std::size_t bit = 0; bit < part->size() * 8; ++bit) {
        (*part)[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        ASSERT_FALSE(is_open()) << "bit " << bit << " of " << part->size() << " bytes";
        (*part)[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      }
    ASSERT_TRUE(is_open());
    EXPECT_FALSE(key->open(out.data(), Bytes(sealed).first(kTagBytes - 1), nonce_of(nonce), header));
    EXPECT_FALSE(key->open(out.data(), {}, nonce_of(nonce), header));
  }
}

/// Memory between two pages that nobody may touch, which the library's assembler would meet unseen by a
/// sanitizer.
class Fenced {
 public:
  explicit Fenced(std::size_t bytes) : bytes_(bytes), page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* all = mmap(nullptr, 3 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    start_ = static_cast<std::uint8_t*>(all);
    EXPECT_EQ(mprotect(start_ + page_, page_, PROT_READ | PROT_WRITE), 0);
  }
  ~Fenced() { munmap(start_, 3 * page_); }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;

  [[nodiscard]] MutableBytes at_the_end() const { return {start_ + 2 * page_ - bytes_, bytes_}; }
  [[nodiscard]] MutableBytes at_the_start() const { return {start_ + page_, bytes_}; }

 private:
  std::size_t bytes_;
  std::size_t page_;
  std::uint8_t* start_;
};

TEST_P(IpsecMbTest, TouchesNoMemoryBesideItsOwn) {
  for (const Aead aead : kAeads) {
    const auto key = library_->packet_key(aead, random(key_bytes(aead)));
    for (std::size_t bytes = 0; bytes <= kMostBytes; bytes += bytes < 300 ? 1 : 37) {
      const Fenced plain(bytes), sealed(bytes + kTagBytes), nonce(kNonceBytes), header(bytes % 64);
      for (const auto place : {&Fenced::at_the_end, &Fenced::at_the_start}) {
        const PacketKey::Nonce number((nonce.*place)().data(), kNonceBytes);
        ASSERT_TRUE(key->seal((sealed.*place)().data(), (plain.*place)(), number, (header.*place)()));
        ASSERT_TRUE(key->open((plain.*place)().data(), (sealed.*place)(), number, (header.*place)()));
      }
    }
  }
}

template <typename Key>
void expect_wiped(const std::vector<std::uint8_t>& secret) {
  auto manager = std::unique_ptr<IMB_MGR, decltype(&free_mb_mgr)>(alloc_mb_mgr(0), free_mb_mgr);
  init_mb_mgr_auto(manager.get(), nullptr);
  const auto functions = IpsecMbFunctions::of(*manager);
  alignas(64) std::array<std::uint8_t, sizeof(Key)> memory{};
  auto* key = new (memory.data()) Key(functions, secret);
  const auto begins_with_secret = [&] {
    return std::search(memory.begin(), memory.end(), secret.begin(), secret.begin() + 16) != memory.end();
  };
  const auto bytes_set = [&] { return memory.size() - std::ranges::count(memory, std::uint8_t{0}); };
  ASSERT_TRUE(begins_with_secret()) << "the test looks where the key is";
  key->~Key();
  EXPECT_FALSE(begins_with_secret());
  // What is left are pointers to code and a count.
  EXPECT_LE(bytes_set(), 4 * sizeof(void*));
}

TEST(IpsecMbKeys, AreWipedWhenTheyGo) {
  if (!open_ipsec_mb()) GTEST_SKIP();
  const auto secret = unhex("c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8");
  expect_wiped<IpsecMbGcmKey>({secret.begin(), secret.begin() + 16});
  expect_wiped<IpsecMbGcmKey>(secret);
  expect_wiped<IpsecMbChachaKey>(secret);
  expect_wiped<IpsecMbAesHeaderKey>({secret.begin(), secret.begin() + 16});
  expect_wiped<IpsecMbAesHeaderKey>(secret);
}

TEST(IpsecMbKeys, AreAsLargeAsTheirDescriptionSays) {
  EXPECT_EQ(sizeof(IpsecMbGcmKey), IMB_VERSION_NUM >= IMB_VERSION(2, 0, 0) ? 1344u : 1088u);
  EXPECT_EQ(alignof(IpsecMbGcmKey), 64u);
}

std::string level_name(const testing::TestParamInfo<IpsecMbLevel>& level) {
  constexpr std::array kNames{"best", "sse", "avx2", "avx512"};
  return kNames[static_cast<std::size_t>(level.param)];
}

INSTANTIATE_TEST_SUITE_P(Levels, IpsecMbTest,
                         testing::Values(IpsecMbLevel::best, IpsecMbLevel::sse, IpsecMbLevel::avx2,
                                         IpsecMbLevel::avx512),
                         level_name);

}  // namespace
}  // namespace quicrx::test
