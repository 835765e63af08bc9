#pragma once

#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"

namespace wf::ctl {

/// A server's answer to one request.
struct server_answer {
  long status{0};
  std::string body{};
};

/// Where a server listens, as .lock has it or as a person writes it: "http://127.0.0.1:8080", "https://host/",
/// "unix:/run/waveforge.sock". `ca_file`: certificates to trust beside the system's; empty: none. `tus_base`: the path
/// of plain tus uploads there.
struct server_address {
  std::string url{};
  std::string ca_file{};
  std::string tus_base{"/tus"};
};

/// One request and its answer, by libcurl; `json`: its body, if it has one. No redirect is followed. unavailable when
/// nobody answers there, io_failed when the connection breaks, timed_out after 30 s.
[[nodiscard]] result<server_answer> call_server(const server_address& to, std::string_view method,
                                                std::string_view path, const std::string& json = {});
/// What an answer of application/problem+json says, in one sentence; else the status.
[[nodiscard]] std::string problem_of(const server_answer& got);

}  // namespace wf::ctl
