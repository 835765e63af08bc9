#pragma once

#include <memory>
#include <string>

#include "waveforge/base/result.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace wf::net {

/// A certificate and its key, ready for handshakes: TLS 1.2 and 1.3, no renegotiation, ALPN http/1.1. Shared by all
/// workers; thread-safe once made.
class tls_context {
 public:
  /// Both files in PEM; the certificate is followed by those that sign it. Errors name the file and what is wrong.
  [[nodiscard]] static result<tls_context> load(const std::string& certificate_file, const std::string& key_file);

  [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }

 private:
  explicit tls_context(std::shared_ptr<SSL_CTX> context) noexcept : context_(std::move(context)) {}
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace wf::net
