#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "waveforge/api/options.hpp"
#include "waveforge/server/log_writer.hpp"
#include "waveforge/store/options.hpp"

namespace wf::server {

/// Everything the operator decided. Declared, one by one, in src/server/declarations.cpp.
struct options {
  std::vector<std::string> listen{};  ///< as io::kernel::listen takes it; never empty
  unsigned threads{0};                ///< 0: one for each core
  std::chrono::milliseconds drain_timeout{std::chrono::seconds{10}};
  log_format log_as{log_format::text};
  log_level log_from{log_level::info};
  std::string tls_certificate_file{};
  std::string tls_key_file{};
  store::options data{};
  api::options http{};
};

}  // namespace wf::server
