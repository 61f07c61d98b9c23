// SPDX-License-Identifier: MIT
#include "certificate.h"

#include <gnutls/x509.h>

#include <ctime>
#include <fstream>

#include "require.h"

namespace quicrx::fuzz {
namespace {

void check(int result) {
  require(result >= 0, "GnuTLS makes a certificate");
}

void write(const std::filesystem::path& file, gnutls_datum_t& text) {
  std::ofstream(file).write(reinterpret_cast<const char*>(text.data), text.size);
  gnutls_free(text.data);
}

}  // namespace

void write_certificate(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file) {
  gnutls_x509_privkey_t key = nullptr;
  gnutls_x509_crt_t certificate = nullptr;
  check(gnutls_x509_privkey_init(&key));
  check(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                                     0));
  check(gnutls_x509_crt_init(&certificate));
  check(gnutls_x509_crt_set_version(certificate, 3));
  const unsigned char serial = 1;
  check(gnutls_x509_crt_set_serial(certificate, &serial, sizeof(serial)));
  check(gnutls_x509_crt_set_activation_time(certificate, std::time(nullptr) - 3600));
  check(gnutls_x509_crt_set_expiration_time(certificate, std::time(nullptr) + 30 * 24 * 3600));
  check(gnutls_x509_crt_set_dn(certificate, "CN=localhost", nullptr));
  check(gnutls_x509_crt_set_key(certificate, key));
  check(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0));
  gnutls_datum_t text{};
  check(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text));
  write(key_file, text);
  check(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text));
  write(certificate_file, text);
  gnutls_x509_crt_deinit(certificate);
  gnutls_x509_privkey_deinit(key);
}

}  // namespace quicrx::fuzz
