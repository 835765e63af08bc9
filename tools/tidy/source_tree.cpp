#include "source_tree.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace wf::tidy {

namespace fs = std::filesystem;

namespace {

constexpr std::array read_suffixes{".hpp", ".cpp", ".cmake", ".ts", ".tsx", ".js",
                                   ".mjs", ".css", ".html",  ".sh", ".py"};
constexpr std::array skipped_directories{"build", "dist", "node_modules", "uploaded_data", "test-results"};

bool wanted(const fs::path& path) {
  return path.filename() == "CMakeLists.txt" ||
         std::ranges::find(read_suffixes, path.extension().string()) != read_suffixes.end();
}

bool skipped(const fs::path& path) {
  const auto name = path.filename().string();
  return name.starts_with('.') || std::ranges::find(skipped_directories, name) != skipped_directories.end();
}

/// Walks a text once and blanks what is not code. One state a kind of thing that can be open.
class blanker {
 public:
  explicit blanker(std::string_view text) : text_(text), code_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (starts("//")) {
        blank_until(text_.find('\n', at_));
      } else if (starts("/*")) {
        blank_through("*/", 2);
      } else if (starts("R\"") && !in_word()) {
        raw_string();
      } else if (text_[at_] == '"') {
        if (in_include()) {
          at_ = std::min(text_.find('\n', at_), text_.size());
        } else {
          quoted('"');
        }
      } else if (text_[at_] == '\'' && !in_word()) {  // after a digit it separates digits
        quoted('\'');
      } else {
        ++at_;
      }
    }
    return std::move(code_);
  }

 private:
  [[nodiscard]] bool starts(std::string_view token) const { return text_.substr(at_).starts_with(token); }

  [[nodiscard]] bool in_word() const {
    if (at_ == 0) return false;
    const auto before = static_cast<unsigned char>(text_[at_ - 1]);
    return std::isalnum(before) != 0 || before == '_';
  }

  [[nodiscard]] bool in_include() const {
    const auto line_start = at_ == 0 ? 0 : text_.rfind('\n', at_ - 1) + 1;
    return text_.substr(line_start, at_ - line_start).starts_with("#include");
  }

  void blank_until(std::size_t end) {
    for (end = std::min(end, text_.size()); at_ < end; ++at_) {
      if (text_[at_] != '\n') code_[at_] = ' ';
    }
  }

  void blank_through(std::string_view closing, std::size_t opening_length) {
    const auto end = text_.find(closing, at_ + opening_length);
    blank_until(end == std::string_view::npos ? end : end + closing.size());
  }

  void raw_string() {
    const auto parenthesis = text_.find('(', at_);
    if (parenthesis == std::string_view::npos) return blank_until(parenthesis);
    const auto delimiter = text_.substr(at_ + 2, parenthesis - at_ - 2);
    blank_through(")" + std::string{delimiter} + "\"", 2);
  }

  void quoted(char quote) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      const std::size_t step = text_[at_] == '\\' ? 2 : 1;
      blank_until(at_ + step);
    }
    if (at_ < text_.size()) ++at_;
  }

  std::string_view text_;
  std::string code_;
  std::size_t at_{0};
};

}  // namespace

source_tree load_tree(const fs::path& root) {
  source_tree tree;
  for (fs::recursive_directory_iterator at{root}, end; at != end; ++at) {
    if (at->is_directory() && skipped(at->path())) {
      at.disable_recursion_pending();
    } else if (at->is_regular_file() && wanted(at->path())) {
      std::ifstream file{at->path(), std::ios::binary};
      tree.emplace(at->path().lexically_relative(root).generic_string(),
                   std::string{std::istreambuf_iterator<char>{file}, {}});
    }
  }
  return tree;
}

std::string code_only(std::string_view text) {
  return blanker{text}.run();
}

std::vector<include> includes_of(std::string_view text) {
  std::vector<include> found;
  std::size_t number = 0;
  for (const auto line : lines_of(text)) {
    ++number;
    if (!line.starts_with("#include")) continue;
    const auto open = line.find_first_of("<\"");
    if (open == std::string_view::npos) continue;
    const auto close = line.find_first_of(">\"", open + 1);
    if (close != std::string_view::npos)
      found.push_back({std::string{line.substr(open + 1, close - open - 1)}, number});
  }
  return found;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

bool is_header(std::string_view path) {
  return path.ends_with(".hpp");
}
bool is_cpp(std::string_view path) {
  return is_header(path) || path.ends_with(".cpp");
}

}  // namespace wf::tidy
