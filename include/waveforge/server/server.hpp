#pragma once

#include <memory>
#include <string>
#include <vector>

#include "waveforge/base/result.hpp"
#include "waveforge/server/options.hpp"

namespace wf::server {

/// All rooms put together and running. Made and unmade on the main thread; every call blocks until it is done.
class server {
 public:
  /// Claims the addresses and the data dir, recovers, starts to answer. Errors are one sentence for the operator, with
  /// what to do.
  [[nodiscard]] static result<std::unique_ptr<server>> start(const options& set);
  ~server();  ///< stop() if nobody did
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// "http://127.0.0.1:8080", one for each --listen, with the ports that were chosen.
  [[nodiscard]] const std::vector<std::string>& addresses() const noexcept;
  /// Drain, seal what was written, end the threads.
  void stop();

 private:
  struct parts;
  explicit server(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace wf::server
