#include "wfctl/remote.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <thread>

#include "wfctl/data_dir.hpp"
#include "wfctl/progress_bar.hpp"

namespace wf::ctl {

namespace {

constexpr auto poll_every = std::chrono::milliseconds{50};
/// For 5 s a session may still be called failed that was asked for: others are before it, or its try is about to begin.
constexpr unsigned failed_looks_max = 100;
constexpr std::uint64_t whole = 1000;  ///< steps of the progress bar

errc kind_of(long status) noexcept {
  switch (status) {
    case 404: return errc::not_found;
    case 410: return errc::cancelled;
    case 400: return errc::bad_request;
    case 409: return errc::state_conflict;
    case 503: return errc::unavailable;
    default: return errc::io_failed;
  }
}

/// How many chunks are missing, of which the body names some, and the first few of those.
std::string missing_of(const std::string& body) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text{body};
  simdjson::dom::element all;
  simdjson::dom::array missing;
  if (parser.parse(text).get(all) != simdjson::SUCCESS || all["missing_chunks"].get(missing) != simdjson::SUCCESS) {
    return {};
  }
  constexpr std::size_t shown_max = 10;
  std::string out;
  std::size_t count = 0;
  for (const simdjson::dom::element one : missing) {
    std::uint64_t index = 0;
    if (one.get(index) != simdjson::SUCCESS || ++count > shown_max) continue;
    out += fmt::format("{}{}", out.empty() ? "; missing: " : ", ", index);
  }
  std::uint64_t all_missing = count;  // the server names only so many
  if (all["missing_count"].get(all_missing) != simdjson::SUCCESS) all_missing = count;
  if (all_missing > shown_max) out += fmt::format(" and {} more", all_missing - shown_max);
  return out;
}

struct state_now {
  std::string state{};
  std::string why{};
  double progress{0};
  std::uint64_t size{0};
};

result<state_now> ask_state(const server_address& to, const std::string& base) {
  const auto got = call_server(to, "GET", base + "/status");
  if (!got) return fail(got.error());
  if (got->status != 200) return fail(kind_of(got->status), problem_of(*got));
  simdjson::dom::parser parser;
  const simdjson::padded_string text{got->body};
  simdjson::dom::element all;
  state_now out;
  std::string_view state;
  if (parser.parse(text).get(all) != simdjson::SUCCESS || all["state"].get(state) != simdjson::SUCCESS) {
    return fail(errc::io_failed, "the server's status is not what a waveforge says");
  }
  out.state = state;
  if (all["progress"].get(out.progress) != simdjson::SUCCESS) out.progress = 0;
  std::string_view why;
  if (all["error"].get(why) == simdjson::SUCCESS) out.why = why;
  simdjson::dom::element recording;
  // `recording` is null until there is one.
  if (all["recording"].get(recording) != simdjson::SUCCESS || recording["size"].get(out.size) != simdjson::SUCCESS) {
    out.size = 0;
  }
  return out;
}

}  // namespace

result<assembled> assemble_session(const server_address& to, const session::session_id& id,
                                   std::optional<std::uint32_t> total, bool wait, const console& say) {
  if (id.space() == session::id_space::upload) {
    return fail(errc::bad_request, "a plain tus upload is finished with its last byte; there is nothing to assemble");
  }
  const std::string base = fmt::format("/files/{}", id.text());
  const std::string body = total ? fmt::format("{{\"total_chunks\":{}}}", *total) : std::string{};
  const auto got = call_server(to, "POST", base + "/assemble", body);
  if (!got) return fail(got.error());
  if (got->status != 200 && got->status != 202) {
    return fail(kind_of(got->status), problem_of(*got) + missing_of(got->body));
  }
  assembled out{name_of(id), got->status == 200, 0};
  progress_bar bar{say, "assembling", whole, false};
  std::uint64_t shown = 0;
  bool begun = false;
  for (unsigned looks = 0;; ++looks) {
    const auto now = ask_state(to, base);
    if (!now) return fail(now.error());
    out.bytes = now->size;
    out.finished = now->state == "assembled";
    if (out.finished || !wait) return out;
    begun = begun || now->state == "assembling";
    const bool tried_soon = now->state == "failed" && !begun && looks < failed_looks_max;
    if (now->state != "assembling" && now->state != "sealed" && !tried_soon) {
      return fail(errc::io_failed, fmt::format("{} is {}: {}", name_of(id), now->state, now->why));
    }
    const auto reached = static_cast<std::uint64_t>(now->progress * static_cast<double>(whole));
    bar.add(reached > shown ? reached - shown : 0);
    shown = std::max(shown, reached);
    std::this_thread::sleep_for(poll_every);
  }
}

result<void> remove_session(const server_address& to, const session::session_id& id) {
  const bool upload = id.space() == session::id_space::upload;
  const auto got = call_server(to, "DELETE", fmt::format("{}/{}", upload ? to.tus_base : "/files", id.text()));
  if (!got) return fail(got.error());
  if (got->status == 204) return {};
  return fail(kind_of(got->status), fmt::format("{}: {}", name_of(id), problem_of(*got)));
}

}  // namespace wf::ctl
