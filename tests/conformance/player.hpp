#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conformance/document.hpp"
#include "support/raw_client.hpp"

namespace wf::test::conformance {

/// How the bytes of a case reach the server. The server must not be able to tell.
struct cutting {
  enum class kind : std::uint8_t { whole, byte_by_byte, in_two };
  kind how{kind::whole};
  std::size_t at{0};  ///< in_two: the request under test is cut before this byte
};

/// Plays a case once, with ids of its own, against a server on `port`. Beside what the case says, these rules are
/// checked on every answer: RFC 9110 6.6.1 (Date), tus 1.0.0 Tus-Resumable (on answers to requests that carry it), and
/// that an error's body is a problem document whose status is that of the answer.
class player {
 public:
  player(std::uint16_t port, std::uint64_t play_number, cutting cut);

  /// Empty when all was as it should be, else what was not, with file and line.
  [[nodiscard]] std::string play(const document& of, const test_case& what);

  /// Where the request under test of this case can be cut in two: 1 … this - 1. Head and the first bytes of its body.
  [[nodiscard]] static std::size_t cut_positions(const test_case& what, const std::map<std::string, std::string>& of);
  [[nodiscard]] const std::map<std::string, std::string>& variables() const noexcept { return variables_; }

 private:
  struct link {
    std::unique_ptr<raw_client> socket{};
    std::string unsent{};
    std::vector<std::string> methods{};  ///< of requests without an answer yet
    std::vector<bool> tus{};             ///< they carried Tus-Resumable
    std::string last{};                  ///< the last request, to send it again
    bool closing{false};
  };

  void queue(const sending& what, bool under_test);
  void flush(link& on);
  void send_cut(link& on, const std::string& bytes);
  void meet(const expectation& what);
  [[nodiscard]] std::string differs(const expectation& what, const answer& got, bool to_head, bool with_tus);
  [[nodiscard]] std::string differs_in_fields(const expectation& what, const answer& got);
  [[nodiscard]] std::string differs_in_body(const expectation& what, const answer& got) const;
  void act(const action& what);
  [[nodiscard]] link& on(const std::string& name);

  std::uint16_t port_;
  cutting cut_;
  std::map<std::string, std::string> variables_;
  std::map<std::string, link> links_;
  std::string current_{"a"};
};

}  // namespace wf::test::conformance
