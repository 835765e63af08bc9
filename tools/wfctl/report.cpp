#include "wfctl/report.hpp"

#include <fmt/format.h>

#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

paint paint_of(const finding& one) noexcept {
  if (one.mended) return paint::green;
  switch (one.how_bad) {
    case weight::note: return paint::dim;
    case weight::leftover: return paint::yellow;
    case weight::damage: return paint::red;
  }
  return paint::red;
}

std::string sentence(const finding& one) {
  std::string text = one.detail;
  if (one.bytes != 0) text += fmt::format(" ({})", human_size(one.bytes));
  if (one.mended) {
    text += fmt::format("; mended: {}", one.cure.says);
  } else if (one.cure.possible()) {
    text += fmt::format("; --repair would {}", one.cure.says);
  }
  return text;
}

}  // namespace

void put_finding(json_writer& json, const finding& one) {
  json.begin_object().key("weight").value(name_of(one.how_bad)).key("what").value(one.what);
  json.key("session_id");
  if (one.session.empty()) {
    json.null();
  } else {
    json.value(one.session);
  }
  json.key("detail").value(one.detail).key("bytes").value(one.bytes).key("repair");
  if (one.cure.possible()) {
    json.value(one.cure.says);
  } else {
    json.null();
  }
  json.key("mended").value(one.mended).end_object();
}

std::string findings_text(const std::vector<finding>& found, const look& with) {
  if (found.empty()) return {};
  table rows{{{"WEIGHT"}, {"SESSION"}, {"WHAT"}, {"DETAIL"}}};
  for (const finding& one : found) {
    rows.add({cell{std::string{name_of(one.how_bad)}, paint_of(one)}, one.session.empty() ? "-" : one.session, one.what,
              sentence(one)});
  }
  look wide = with;
  wide.columns = 0;  // the sentence is the point: it is not cut
  return rows.text(wide);
}

}  // namespace wf::ctl
