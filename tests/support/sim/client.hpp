#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/sim/process.hpp"
#include "support/sim/script.hpp"

namespace wf::sim {

/// An answer that came whole.
struct heard {
  int status{0};
  std::map<std::string, std::string, std::less<>> fields{};  ///< names in lower case
  std::string body{};

  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view field) const;
  [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
};

struct question {
  std::string verb{};
  std::string target{};
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};
  /// The client goes away after so many bytes of head and body.
  std::optional<std::size_t> leaves_after{};
  span_of_time patience{std::chrono::seconds{40}};
  bool chunked{false};         ///< the body goes out in chunks, without a length
  bool wrong_checksum{false};  ///< to be refused for what it says of its body
};

/// An HTTP/1.1 client with one connection that it keeps, as a browser does: a request that dies on a kept connection
/// before anything of an answer came is sent again without anybody being asked.
class client {
 public:
  explicit client(machine& of) noexcept : machine_(of) {}
  ~client() { hang_up(true); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// nullopt: there was no answer, or it broke off.
  [[nodiscard]] script<std::optional<heard>> ask(question what);
  void hang_up(bool politely);

 private:
  enum class attempt : std::uint8_t { answered, nothing_heard, broken };
  [[nodiscard]] script<attempt> exchange(const question& what, heard& into);
  [[nodiscard]] script<bool> listen(const question& what, heard& into);
  [[nodiscard]] script<bool> body_to(const question& what, heard& into, steady_time until);

  machine& machine_;
  link_ref line_{};
  bool heard_anything_{false};
};

}  // namespace wf::sim
