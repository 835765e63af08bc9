#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wf::test::conformance {

/// A document is Markdown; README.md in this directory describes its language. This is its reading, with nothing
/// expanded yet. Whatever the language does not know throws std::runtime_error with file and line.

/// `**>>>**` block: bytes to send.
struct sending {
  std::string connection{};
  std::string bytes{};     ///< escapes resolved, line ends made CR LF, placeholders still in place
  bool under_test{false};  ///< this one is cut at every byte; without a mark the last one is
};

struct field_rule {
  enum class kind { equals, matches, captured, absent };
  kind how{kind::equals};
  std::string name{};
  std::string value{};  ///< text, pattern or variable
};

struct body_rule {
  enum class kind { equals, contains, lacks, empty };
  kind how{kind::equals};
  std::string text{};
};

/// `**<<<**` block: what must come.
struct expectation {
  std::string connection{};
  std::vector<int> statuses{};  ///< empty: the connection is closed without an answer
  bool to_head{false};
  bool interim{false};  ///< the status is a 1xx of its own
  std::optional<bool> closes{};
  std::optional<int> interims{};  ///< how many 1xx came before
  int within_ms{0};               ///< other than 0: the request before is sent again until this holds
  std::vector<field_rule> fields{};
  std::vector<body_rule> body{};
};

/// A line of a `do` block.
struct action {
  std::string verb{};
  std::vector<std::string> words{};
};

struct step {
  std::size_t line{0};
  std::optional<sending> send{};
  std::optional<expectation> expect{};
  std::optional<action> act{};
};

/// A section and the rules of rules.md it is quoted for.
struct source {
  std::string section{};
  std::vector<std::string> rules{};
};

struct test_case {
  std::string name{};
  std::size_t line{0};
  std::vector<source> sources{};
  bool once{false};  ///< played whole only: it waits for the clock
  std::vector<step> steps{};
};

struct document {
  std::filesystem::path path{};
  std::string title{};
  std::vector<std::string> server_flags{};
  std::vector<step> opening{};  ///< played before the steps of every case
  std::vector<test_case> cases{};
};

[[nodiscard]] document read_document(const std::filesystem::path& path);

/// All documents below a directory, by name.
[[nodiscard]] std::vector<document> read_documents(const std::filesystem::path& root);

}  // namespace wf::test::conformance
