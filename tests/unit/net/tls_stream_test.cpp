// TLS as a connection sees it: requests and answers through it, large bodies both ways, half a record, and the end.
#include "waveforge/net/tls_stream.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>

#include "connection_rig.hpp"
#include "support/temporary_directory.hpp"

namespace wf::net {
namespace {

using namespace std::chrono_literals;

/// A key and a certificate it signed itself, in two PEM files.
void write_certificate(const std::string& certificate_file, const std::string& key_file) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  EXPECT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
  std::FILE* file = std::fopen(certificate_file.c_str(), "w");
  EXPECT_EQ(PEM_write_X509(file, certificate), 1);
  std::fclose(file);
  file = std::fopen(key_file.c_str(), "w");
  EXPECT_EQ(PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

class tls_test : public ::testing::Test {
 protected:
  tls_test() {
    write_certificate(certificate_file_, key_file_);
    auto context = tls_context::load(certificate_file_, key_file_);
    EXPECT_TRUE(context) << context.error().detail;
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    client_ = ends[0];
    auto channel =
        std::make_unique<tls_stream>(io::socket{io::descriptor{io::real_kernel(), ends[1]}}, context.value());
    one_ = std::make_unique<connection>(around_, std::move(channel), io::peer_address{}, true);
    EXPECT_TRUE(scope_.spawn(run(*one_)));
    session_ = SSL_new(client_context_);
    SSL_set_fd(session_, client_);
    SSL_set_connect_state(session_);
  }
  ~tls_test() override {
    SSL_free(session_);
    SSL_CTX_free(client_context_);
    if (client_ >= 0) ::close(client_);
    ring_.post([this] { scope_.cancel_all(); });
    until([this] { return scope_.size() == 0; });
    ring_.turn(false);
  }
  static io::task<void> run(connection& one) { co_await one.run(); }

  template <typename Condition>
  void until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "did not happen; heard " << heard_.size() << " bytes";
      ring_.turn(false);
    }
  }
  void settle() {
    for (int i = 0; i < 100; ++i) ring_.turn(false);
  }
  void shake_hands() {
    until([this] {
      ERR_clear_error();
      return SSL_do_handshake(session_) == 1;
    });
  }
  void say(std::string_view text) {
    until([&] {
      std::size_t sent = 0;
      ERR_clear_error();
      if (!text.empty() &&
          SSL_write_ex(session_, text.data(), std::min<std::size_t>(text.size(), 16'384), &sent) == 1) {
        text.remove_prefix(sent);
      }
      return text.empty();
    });
  }
  const std::string& hear() {
    std::array<char, 16'384> piece;
    std::size_t got = 0;
    ERR_clear_error();
    int returned = 0;
    while ((returned = SSL_read_ex(session_, piece.data(), piece.size(), &got)) == 1) heard_.append(piece.data(), got);
    farewell_ = SSL_get_error(session_, returned) == SSL_ERROR_ZERO_RETURN;
    return heard_;
  }

  const test::temporary_directory place_;
  const std::string certificate_file_ = place_.path() + "/certificate.pem";
  const std::string key_file_ = place_.path() + "/key.pem";
  test::manual_clock time_;
  io::ring_context ring_{io::real_kernel(), time_, io::real_kernel().make_ring(64).value(), "test"};
  io::buffer_pool buffers_{ring_, 2, limits::piece_bytes};
  io::buffer_pool heads_{ring_, 2, limits::head_bytes_max};
  io::pipe_pool pipes_{ring_, 2, 65'536};
  io::worker on_{ring_, buffers_, heads_, pipes_};
  test::scripted_handler handler_;
  null_logger log_;
  null_metrics numbers_;
  timeouts times_;
  date_line date_{time_};
  surroundings around_{
      .on = on_, .handler = handler_, .log = log_, .numbers = numbers_, .times = times_, .date = date_};
  io::task_scope scope_{ring_};
  std::unique_ptr<connection> one_;
  SSL_CTX* client_context_ = SSL_CTX_new(TLS_client_method());
  SSL* session_{nullptr};
  int client_{-1};
  std::string heard_;
  bool farewell_{false};
};

TEST_F(tls_test, requests_are_answered_one_after_the_other) {
  shake_hands();
  say("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  until([this] {
    hear();
    return farewell_;
  });
  EXPECT_EQ(handler_.seen.size(), 2U);
  EXPECT_TRUE(heard_.ends_with("hello"));
}

TEST_F(tls_test, a_draining_server_answers_what_has_come) {
  shake_hands();
  settle();
  std::size_t sent = 0;
  constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(SSL_write_ex(session_, request.data(), request.size(), &sent), 1);
  one_->begin_drain();
  until([this] {
    hear();
    return farewell_;
  });
  EXPECT_TRUE(heard_.ends_with("hello")) << heard_;
}

TEST_F(tls_test, a_large_body_comes_whole_and_goes_back_whole) {
  shake_hands();
  std::string body(300'001, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i * 7919 % 23);
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300001\r\n\r\n" + body);
  until([&] { return hear().ends_with(body); });
}

TEST_F(tls_test, half_a_record_is_no_byte_and_holds_no_buffer) {
  shake_hands();
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  until([this] { return handler_.open_body != nullptr; });
  // The client's record is caught in memory, and only its beginning is let through.
  BIO* caught = BIO_new(BIO_s_mem());
  SSL_set0_wbio(session_, caught);
  std::size_t sent = 0;
  EXPECT_EQ(SSL_write_ex(session_, "12345", 5, &sent), 1);
  std::array<char, 256> record{};
  const int size = BIO_read(caught, record.data(), record.size());
  ASSERT_GT(size, 10);
  EXPECT_EQ(::send(client_, record.data(), 10, 0), 10);
  settle();
  EXPECT_EQ(heads_.in_use() + buffers_.in_use(), 0U);
  EXPECT_EQ(handler_.seen[0].body, "");
  EXPECT_NE(handler_.open_body, nullptr);
  EXPECT_EQ(::send(client_, record.data() + 10, static_cast<std::size_t>(size) - 10, 0), size - 10);
  until([this] { return hear().ends_with("12345"); });
}

TEST_F(tls_test, whoever_speaks_plain_http_is_closed) {
  const std::string_view text{"GET / HTTP/1.1\r\nHost: a\r\n\r\n"};
  EXPECT_EQ(::send(client_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  until([this] { return scope_.size() == 0; });
  EXPECT_TRUE(handler_.seen.empty());
}

TEST_F(tls_test, a_handshake_that_does_not_begin_is_given_up_after_ten_seconds) {
  settle();
  time_.advance(11s);
  until([this] { return scope_.size() == 0; });
}

TEST_F(tls_test, what_cannot_be_loaded_is_named) {
  const auto missing = tls_context::load(place_.path() + "/missing.pem", key_file_);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("missing.pem"), std::string::npos) << missing.error().detail;
  write_certificate(place_.path() + "/other.pem", place_.path() + "/other_key.pem");
  EXPECT_FALSE(tls_context::load(certificate_file_, place_.path() + "/other_key.pem"));
}

}  // namespace
}  // namespace wf::net
