#include "setters.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "waveforge/api/route.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/server/values.hpp"
#include "waveforge/server/web_assets.hpp"

namespace wf::server::setters {

namespace {

/// Whether `path`, or something below it, is already another's address.
bool is_taken(std::string_view path) {
  // Below these are addresses with names in them, or hashes.
  for (const std::string_view taken : {"/files", "/upload", "/recording", "/assets"}) {
    if (path.starts_with(taken) && (path.size() == taken.size() || path[taken.size()] == '/')) return true;
  }
  constexpr std::string_view nowhere = "*";  // tus is not what this asks for
  const auto fixed = api::find_address(path, nowhere);
  if (!fixed || fixed->where != api::place::page) return true;
  return std::ranges::any_of(web_assets(), [path](const web_asset& one) {
    return one.path.starts_with(path) && (one.path.size() == path.size() || one.path[path.size()] == '/');
  });
}

}  // namespace

result<void> set_listen(options& set, std::string_view text) {
  if (text.empty()) return fail(errc::bad_request, "it is an address and a port, or unix: and a path");
  set.listen.emplace_back(text);
  return {};
}

namespace {

/// Longer than any recording is of use, and short enough to be added to any time there is.
constexpr std::chrono::days expiry_max{36'500};

}  // namespace

result<void> set_expire_recordings(options& set, std::string_view text) {
  if (text == "never") {
    set.data.expire_recordings.reset();
    return {};
  }
  auto span = parse_duration(text);
  if (!span) return fail(std::move(span.error()));
  if (*span < std::chrono::seconds{1} || *span > expiry_max) {
    return fail(errc::bad_request, "it is never, or from 1s to 36500d");
  }
  set.data.expire_recordings = std::chrono::duration_cast<std::chrono::seconds>(*span);
  return {};
}

result<void> set_expire_after(options& set, std::string_view text) {
  auto span = parse_duration(text);
  if (!span) return fail(std::move(span.error()));
  if ((span->count() > 0 && *span < std::chrono::seconds{1}) || *span > expiry_max) {
    return fail(errc::bad_request, "it is 0 (never), or from 1s to 36500d");
  }
  set.data.expire_after = std::chrono::duration_cast<std::chrono::seconds>(*span);
  return {};
}

result<void> set_chunk_max(options& set, std::string_view text) {
  auto bytes = parse_size(text);
  if (!bytes) return fail(std::move(bytes.error()));
  if (*bytes < 1_KiB || *bytes > 1_GiB) return fail(errc::bad_request, "it is from 1KiB to 1GiB");
  set.http.chunk_bytes_max = *bytes;
  return {};
}

result<void> set_tus_max(options& set, std::string_view text) {
  if (text == "unlimited") {
    set.http.tus_bytes_max.reset();
    return {};
  }
  auto bytes = parse_size(text);
  if (!bytes) return fail(std::move(bytes.error()));
  set.http.tus_bytes_max = *bytes;
  return {};
}

result<void> set_session_rate(options& set, std::string_view text) {
  auto rate = parse_number(text, 0, 1'000'000);
  if (!rate) return fail(std::move(rate.error()));
  set.http.creations_per_second = static_cast<double>(*rate);
  // Three seconds' worth: a browser that was offline for a moment sends what it kept in one go.
  set.http.creation_burst = static_cast<std::uint32_t>(*rate * 3);
  return {};
}

result<void> set_tus_base(options& set, std::string_view text) {
  while (text.size() > 1 && text.back() == '/') text.remove_suffix(1);
  constexpr std::string_view right =
      "it is a path such as /tus/ where nothing else is: not /files/, /upload/, /recording/, a probe or a page";
  if (text.size() < 2 || text.front() != '/') return fail(errc::bad_request, std::string{right});
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"/-_.~"}.find(c) != std::string_view::npos;
    if (!plain) return fail(errc::bad_request, std::string{right});
  }
  if (is_taken(text)) return fail(errc::bad_request, std::string{right});
  set.http.tus_base_path = text;
  return {};
}

result<void> add_proxy(options& set, std::string_view text) {
  auto range = api::address_range::parse(text);
  if (!range) return fail(std::move(range.error()));
  set.http.trusted_proxies.push_back(*range);
  return {};
}

result<void> add_origin(options& set, std::string_view text) {
  const std::size_t scheme = text.find("://");
  const bool origin = scheme != text.npos && scheme > 0 && text.find('/', scheme + 3) == text.npos &&
                      text.size() > scheme + 3 && text.find_first_of(" ,;\"") == text.npos;
  if (!origin && text != "*") return fail(errc::bad_request, "it is an origin such as https://app.example, or *");
  set.http.cors_origins.emplace_back(text);
  return {};
}

result<void> read_token(options& set, std::string_view text) {
  std::ifstream file{std::string{text}};
  std::string line;
  if (!file || !std::getline(file, line)) {
    return fail(errc::bad_request, "it is a readable file whose first line is the token");
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.size() < 16) return fail(errc::bad_request, "the token in it must have at least 16 characters");
  set.http.operator_token = std::move(line);
  return {};
}

}  // namespace wf::server::setters
