// SPDX-License-Identifier: MIT
#include "protection/ipsec_mb.h"

#include <new>

#include "protection/gnutls_keys.h"
#include "protection/ipsec_mb_keys.h"

namespace quicrx {
namespace {

class IpsecMb final : public CipherLibrary {
 public:
  IpsecMb(const IpsecMbFunctions& functions, const char* instructions)
      : functions_(functions), instructions_(instructions) {}

  std::unique_ptr<PacketKey> packet_key(Aead aead, Bytes key) const override {
    switch (aead) {
      case Aead::aes_128_gcm:
      case Aead::aes_256_gcm:
        return std::unique_ptr<PacketKey>(new (std::nothrow) IpsecMbGcmKey(functions_, key));
      case Aead::chacha20_poly1305:
        return std::unique_ptr<PacketKey>(new (std::nothrow) IpsecMbChachaKey(functions_, key));
      case Aead::aes_128_ccm:
        break;
    }
    return GnutlsPacketKey::make(aead, key);
  }

  std::unique_ptr<HeaderKey> header_key(Aead aead, Bytes key) const override {
    if (aead == Aead::chacha20_poly1305) return GnutlsChachaHeaderKey::make(key);
    return std::unique_ptr<HeaderKey>(new (std::nothrow) IpsecMbAesHeaderKey(functions_, key));
  }

  [[nodiscard]] const char* instructions() const override { return instructions_; }

 private:
  IpsecMbFunctions functions_;
  const char* instructions_;
};

struct ManagerDeleter {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, ManagerDeleter>;

void initialise(IMB_MGR* manager, IpsecMbLevel level) {
  switch (level) {
    case IpsecMbLevel::best:
      return init_mb_mgr_auto(manager, nullptr);
    case IpsecMbLevel::sse:
      return init_mb_mgr_sse(manager);
    case IpsecMbLevel::avx2:
      return init_mb_mgr_avx2(manager);
    case IpsecMbLevel::avx512:
      return init_mb_mgr_avx512(manager);
  }
}

const char* instructions_of(const IMB_MGR& manager) {
  const bool wide = (manager.features & IMB_FEATURE_VAES) != 0;
  if (manager.used_arch == IMB_ARCH_AVX512) return wide ? "AVX-512 with VAES" : "AVX-512";
  if (manager.used_arch == IMB_ARCH_AVX2) return "AVX2";
  return manager.used_arch == IMB_ARCH_SSE ? "SSE" : "AVX";
}

}  // namespace

/// The manager is for jobs of many buffers; of it no more than its functions is needed.
Result<std::shared_ptr<const CipherLibrary>> open_ipsec_mb(IpsecMbLevel level) {
  const Manager manager(alloc_mb_mgr(0));
  if (!manager) return fail(ErrorKind::failure, "ipsec-mb: out of memory");
  // Without these it computes AES by tables, slower than GnuTLS and not in constant time.
  constexpr std::uint64_t kNeeded = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_SSE4_2;
  if ((manager->features & kNeeded) != kNeeded)
    return fail(ErrorKind::unsupported,
                "ipsec-mb: this CPU is without AES-NI, PCLMULQDQ or SSE4.2; have GnuTLS protect packets");
  initialise(manager.get(), level);
  if (const int error = imb_get_errno(manager.get()); error != 0)
    return fail(ErrorKind::unsupported,
                std::string("ipsec-mb: ") + imb_get_strerror(error) + "; have GnuTLS protect packets");
  return std::make_shared<IpsecMb>(IpsecMbFunctions::of(*manager), instructions_of(*manager));
}

}  // namespace quicrx
