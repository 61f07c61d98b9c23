// SPDX-License-Identifier: MIT
#include "raw_ipsec_mb.h"

#include <intel-ipsec-mb.h>

#include <algorithm>
#include <array>

namespace quicrx::bench {

struct RawIpsecMb::State {
  IMB_MGR* manager = alloc_mb_mgr(0);
  Aead aead = Aead::aes_128_gcm;
  std::array<std::uint8_t, 32> key{};
  alignas(64) gcm_key_data gcm_key{};
  gcm_context_data gcm{};
  chacha20_poly1305_context_data chacha{};

  State() { init_mb_mgr_auto(manager, nullptr); }
  ~State() { free_mb_mgr(manager); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

RawIpsecMb::RawIpsecMb(Aead aead, Bytes key) : state_(std::make_shared<State>()) {
  state_->aead = aead;
  std::ranges::copy(key, state_->key.begin());
  if (aead == Aead::aes_128_gcm) IMB_AES128_GCM_PRE(state_->manager, key.data(), &state_->gcm_key);
  if (aead == Aead::aes_256_gcm) IMB_AES256_GCM_PRE(state_->manager, key.data(), &state_->gcm_key);
}

int RawIpsecMb::seal(std::uint8_t* out, Bytes in, const std::uint8_t* nonce, Bytes header,
                     std::uint8_t* tag) const {
  State& s = *state_;
  if (s.aead == Aead::aes_128_gcm) {
    IMB_AES128_GCM_ENC(s.manager, &s.gcm_key, &s.gcm, out, in.data(), in.size(), nonce, header.data(),
                       header.size(), tag, kTagBytes);
  } else if (s.aead == Aead::aes_256_gcm) {
    IMB_AES256_GCM_ENC(s.manager, &s.gcm_key, &s.gcm, out, in.data(), in.size(), nonce, header.data(),
                       header.size(), tag, kTagBytes);
  } else {
    IMB_CHACHA20_POLY1305_INIT(s.manager, s.key.data(), &s.chacha, nonce, header.data(), header.size());
    IMB_CHACHA20_POLY1305_ENC_UPDATE(s.manager, s.key.data(), &s.chacha, out, in.data(), in.size());
    IMB_CHACHA20_POLY1305_ENC_FINALIZE(s.manager, &s.chacha, tag, kTagBytes);
  }
  return 0;
}

int RawIpsecMb::open(std::uint8_t* out, Bytes in, const std::uint8_t* nonce, Bytes header,
                     std::uint8_t* tag) const {
  State& s = *state_;
  if (s.aead == Aead::aes_128_gcm) {
    IMB_AES128_GCM_DEC(s.manager, &s.gcm_key, &s.gcm, out, in.data(), in.size(), nonce, header.data(),
                       header.size(), tag, kTagBytes);
  } else if (s.aead == Aead::aes_256_gcm) {
    IMB_AES256_GCM_DEC(s.manager, &s.gcm_key, &s.gcm, out, in.data(), in.size(), nonce, header.data(),
                       header.size(), tag, kTagBytes);
  } else {
    IMB_CHACHA20_POLY1305_INIT(s.manager, s.key.data(), &s.chacha, nonce, header.data(), header.size());
    IMB_CHACHA20_POLY1305_DEC_UPDATE(s.manager, s.key.data(), &s.chacha, out, in.data(), in.size());
    IMB_CHACHA20_POLY1305_DEC_FINALIZE(s.manager, &s.chacha, tag, kTagBytes);
  }
  return 0;
}

}  // namespace quicrx::bench
