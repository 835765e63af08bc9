#include "waveforge/http/problem.hpp"

#include <utility>

namespace wf::http {

problem_writer::problem_writer(status code, std::string_view type, std::string_view detail) {
  json_.begin_object();
  json_.key("type").value(type.empty() ? std::string_view{"about:blank"} : type);
  json_.key("title").value(reason_phrase(code));
  json_.key("status").value(to_number(code));
  json_.key("detail").value(detail);
}

std::string problem_writer::finish() && {
  json_.end_object();
  return std::move(text_);
}

}  // namespace wf::http
