#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wfload/options.hpp"
#include "wfload/recording.hpp"
#include "wfload/target.hpp"

namespace wf::load {

/// The heads of all requests of a run, as text. Immutable; thread-safe.
class request_text {
 public:
  request_text(const options& how, const target& to);

  [[nodiscard]] std::string create(const recording& of, std::uint32_t index, std::uint64_t length_bytes,
                                   bool tells_total) const;
  [[nodiscard]] std::string patch(const std::string& path, std::uint64_t offset_bytes,
                                  std::uint64_t length_bytes) const;
  [[nodiscard]] std::string head(const std::string& path) const;
  [[nodiscard]] std::string get(const std::string& path) const;
  [[nodiscard]] std::string put(const std::string& path, std::uint64_t length_bytes) const;
  [[nodiscard]] std::string remove(const std::string& path) const;
  /// `total`: tell the number of chunks in the body.
  [[nodiscard]] std::string assemble(const recording& of, std::optional<std::uint32_t> total) const;

  [[nodiscard]] std::string session_path(const recording& of) const;
  [[nodiscard]] std::string put_path(const recording& of, std::uint32_t index) const;
  /// What a relative Location is relative to.
  [[nodiscard]] const std::string& base() const noexcept { return base_; }

 private:
  std::string base_;
  std::string host_line_;
  std::string tus_line_;
  bool sessions_;
  bool chunk_size_key_;
  std::uint64_t chunk_bytes_;
};

}  // namespace wf::load
