#include "waveforge/net/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <string_view>

namespace wf::net {

namespace {

/// Records are read several at a time; the buffer exists only while there is something in it.
constexpr std::size_t read_ahead_bytes = 64 * 1024;

std::string openssl_reason() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

tl::unexpected<error> refuse(std::string_view what, const std::string& file) {
  return fail(errc::bad_request, fmt::format("{} {}: {}", what, file, openssl_reason()));
}

/// RFC 7301: HTTP/1.1 is what we speak; a client that offers only other protocols is told so by the alert.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* offered,
                    unsigned offered_bytes, void*) {
  static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_bytes, ours.data(), ours.size(), offered, offered_bytes);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

result<tls_context> tls_context::load(const std::string& certificate_file, const std::string& key_file) {
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (!context) return fail(errc::internal, "TLS cannot be set up: " + openssl_reason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), read_ahead_bytes);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return refuse("the certificate of --tls-cert", certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse("the key of --tls-key", key_file);
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(errc::bad_request,
                fmt::format("the key in {} is not that of the certificate in {}", key_file, certificate_file));
  }
  return tls_context{std::move(context)};
}

}  // namespace wf::net
