#include "wfctl/server_call.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <cerrno>
#include <memory>

namespace wf::ctl {

namespace {

constexpr long patience_s = 30;
constexpr std::string_view unix_prefix = "unix:";

std::size_t take_body(const char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

errc kind_of(CURLcode code) noexcept {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST: return errc::unavailable;
    case CURLE_OPERATION_TIMEDOUT: return errc::timed_out;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return errc::bad_request;
    default: return errc::io_failed;
  }
}

}  // namespace

result<server_answer> call_server(const server_address& to, std::string_view method, std::string_view path,
                                  const std::string& json) {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> call{ready ? curl_easy_init() : nullptr,
                                                                 &curl_easy_cleanup};
  if (!call) return fail(errc::internal, "libcurl does not start");
  const bool over_unix = to.url.starts_with(unix_prefix);
  std::string url = over_unix ? "http://localhost" : to.url;
  while (url.ends_with('/')) url.pop_back();
  url += path;
  server_answer got;
  const std::string verb{method};
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields{
      curl_slist_append(curl_slist_append(nullptr, "Tus-Resumable: 1.0.0"), "Content-Type: application/json"),
      &curl_slist_free_all};
  curl_easy_setopt(call.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(call.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(call.get(), CURLOPT_CUSTOMREQUEST, verb.c_str());
  if (verb == "POST") {
    curl_easy_setopt(call.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(call.get(), CURLOPT_POSTFIELDS, json.c_str());
  }
  curl_easy_setopt(call.get(), CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(call.get(), CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(call.get(), CURLOPT_WRITEDATA, &got.body);
  curl_easy_setopt(call.get(), CURLOPT_TIMEOUT, patience_s);
  curl_easy_setopt(call.get(), CURLOPT_NOPROXY, "*");  // the server is meant, whatever the environment says
  if (over_unix) {
    curl_easy_setopt(call.get(), CURLOPT_UNIX_SOCKET_PATH, to.url.c_str() + unix_prefix.size());
  }
  if (!to.ca_file.empty()) curl_easy_setopt(call.get(), CURLOPT_CAINFO, to.ca_file.c_str());
  const CURLcode ended = curl_easy_perform(call.get());
  long os_errno = 0;
  curl_easy_getinfo(call.get(), CURLINFO_OS_ERRNO, &os_errno);
  if (ended == CURLE_COULDNT_CONNECT && os_errno == EACCES) {
    return fail(errc::unavailable,
                fmt::format("this user may not connect to {}; run wfctl as the server's user or one of its group, or "
                            "name another address with --url",
                            to.url));
  }
  if (ended == CURLE_COULDNT_CONNECT) {
    return fail(errc::unavailable,
                fmt::format("no server answers at {}; start it, or name another address with --url", to.url));
  }
  if (ended != CURLE_OK) return fail(kind_of(ended), fmt::format("{}: {}", to.url, curl_easy_strerror(ended)));
  curl_easy_getinfo(call.get(), CURLINFO_RESPONSE_CODE, &got.status);
  return got;
}

std::string problem_of(const server_answer& got) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text{got.body};
  simdjson::dom::element all;
  std::string_view detail;
  if (parser.parse(text).get(all) == simdjson::SUCCESS && all["detail"].get(detail) == simdjson::SUCCESS) {
    return fmt::format("{} ({})", detail, got.status);
  }
  return fmt::format("the server answered {}", got.status);
}

}  // namespace wf::ctl
