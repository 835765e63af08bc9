#include "wfctl/scrub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "waveforge/base/json_writer.hpp"
#include "wfctl/file_reader.hpp"
#include "wfctl/known_digests.hpp"
#include "wfctl/progress_bar.hpp"
#include "wfctl/stored_session.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

/// Holds a reader back to a rate.
class pace {
 public:
  explicit pace(std::uint64_t bytes_per_s) : bytes_per_s_{bytes_per_s} {}
  void add(std::uint64_t bytes) {
    if (bytes_per_s_ == 0) return;
    done_ += bytes;
    const std::chrono::duration<double> due{static_cast<double>(done_) / static_cast<double>(bytes_per_s_)};
    std::this_thread::sleep_until(began_ + std::chrono::duration_cast<steady::duration>(due));
  }

 private:
  std::uint64_t bytes_per_s_;
  std::uint64_t done_{0};
  steady::time_point began_{steady::now()};
};

/// What reading a recording has shown, against what is known of it.
void judge(scrubbed& one, const session::recording& value, const known_digests& known, const chunk_checker& chunks) {
  const std::string& wanted = known.sha256;
  if (one.bytes != value.size_bytes) {
    one.verdict = scrub_verdict::wrong_size;
    one.detail = fmt::format("{} bytes instead of {}", one.bytes, value.size_bytes);
  } else if (!chunks.wrong().empty()) {
    one.verdict = scrub_verdict::differs;
    one.detail = fmt::format("the crc32c of {} differs: {}", counted(chunks.wrong().size(), "chunk", "chunks"),
                             fmt::join(chunks.wrong(), ", "));
  } else if (!wanted.empty() && wanted != one.sha256) {
    one.verdict = scrub_verdict::differs;
    one.detail = fmt::format("sha256 {} instead of {}", one.sha256, wanted);
  } else if (known.kind() == "none") {
    one.verdict = scrub_verdict::readable;
    one.detail = "no digest is known";
  } else {
    one.verdict = scrub_verdict::good;
    one.detail = known.kind();
  }
}

scrubbed scrub_one(const data_dir& dir, const session::recording& value, pace& slowly, progress_bar& bar) {
  scrubbed one;
  one.session = name_of(value.id);
  const fs::path completed = session_directory(dir.path(), value.id) / "completed";
  const fs::path file = completed / value.file_name;
  one.file = file.lexically_relative(dir.path()).string();
  const known_digests known = digests_of(value, completed);
  chunk_checker chunks{known.chunks};
  sha256_sum sum;
  const auto read = read_through(file, true, [&](std::span<const std::byte> bytes) {
    sum.add(bytes);
    chunks.add(bytes);
    bar.add(bytes.size());
    slowly.add(bytes.size());
    return result<void>{};
  });
  if (!read) {
    one.verdict = scrub_verdict::unreadable;
    one.detail = read.error().detail;
    return one;
  }
  chunks.add({});
  one.bytes = *read;
  one.sha256 = sum.hex();
  judge(one, value, known, chunks);
  return one;
}

result<std::vector<session::recording>> finished_recordings(const data_dir& dir,
                                                            const std::optional<session::session_id>& only) {
  std::vector<session::recording> out;
  const auto keep = [&](stored_session&& one) {
    one.value.chunks.clear();  // read again when its turn comes: there may be very many
    if (one.value.now == session::state::assembled) out.push_back(std::move(one.value));
    return true;
  };
  if (!only) {
    const auto read = each_session(dir.rows(), dir.era(), keep);
    if (!read) return fail(read.error());
    return out;
  }
  auto one = read_session(dir.rows(), *only, dir.era());
  if (!one) return fail(one.error());
  const auto state = one->value.now;
  keep(std::move(*one));
  if (out.empty()) {
    return fail(errc::state_conflict, fmt::format("{} is {}; only finished recordings are scrubbed", name_of(*only),
                                                  session::name_of(state)));
  }
  return out;
}

}  // namespace

std::string_view name_of(scrub_verdict value) noexcept {
  switch (value) {
    case scrub_verdict::good: return "good";
    case scrub_verdict::readable: return "no digest";
    case scrub_verdict::differs: return "differs";
    case scrub_verdict::wrong_size: return "wrong size";
    case scrub_verdict::unreadable: return "unreadable";
  }
  return "unreadable";
}

std::uint64_t scrub_report::count(scrub_verdict verdict) const {
  return static_cast<std::uint64_t>(std::ranges::count(recordings, verdict, &scrubbed::verdict));
}

bool scrub_report::good() const {
  return std::ranges::none_of(recordings, [](const scrubbed& one) { return is_bad(one.verdict); });
}

result<scrub_report> scrub(const data_dir& dir, const std::optional<session::session_id>& only,
                           std::uint64_t bytes_per_s, const console& to) {
  const auto found = finished_recordings(dir, only);
  if (!found) return fail(found.error());
  std::uint64_t total = 0;
  for (const auto& value : *found) total += value.size_bytes;
  scrub_report out;
  progress_bar bar{to, "scrubbing", total, true};
  pace slowly{bytes_per_s};
  const auto finished = [&](const session::session_id& id) -> std::optional<session::recording> {
    auto now = read_session(dir.rows(), id, dir.era());
    if (!now || now->value.now != session::state::assembled) return std::nullopt;
    return std::move(now->value);
  };
  for (const auto& value : *found) {
    const auto whole = finished(value.id);
    if (!whole) continue;  // a running server has removed it meanwhile
    scrubbed one = scrub_one(dir, *whole, slowly, bar);
    if (is_bad(one.verdict) && !finished(value.id)) continue;
    out.bytes += one.bytes;
    out.recordings.push_back(std::move(one));
  }
  return out;
}

std::string scrub_text(const scrub_report& what, bool all, const look& with) {
  table rows{{{"SESSION"}, {"VERDICT"}, {"SIZE", align::right}, {"DETAIL"}}};
  for (const scrubbed& one : what.recordings) {
    if (!all && !is_bad(one.verdict)) continue;
    const paint how = is_bad(one.verdict) ? paint::red : paint::green;
    rows.add({one.session, {std::string{name_of(one.verdict)}, how}, human_size(one.bytes), one.detail});
  }
  look wide = with;
  wide.columns = 0;
  std::string out = rows.empty() ? std::string{} : rows.text(wide);
  std::string verdict =
      fmt::format("{} read, {}", counted(what.recordings.size(), "recording", "recordings"), human_size(what.bytes));
  for (const auto each : {scrub_verdict::good, scrub_verdict::readable, scrub_verdict::differs,
                          scrub_verdict::wrong_size, scrub_verdict::unreadable}) {
    if (what.count(each) != 0) verdict += fmt::format("; {} {}", human_count(what.count(each)), name_of(each));
  }
  return out + painted(verdict, what.good() ? paint::green : paint::red, with) + "\n";
}

std::string scrub_json(const scrub_report& what, const data_dir& dir) {
  std::string out;
  json_writer json{out};
  json.begin_object().key("data_dir").value(dir.path().string()).key("bytes").value(what.bytes);
  json.key("good").value(what.good()).key("recordings").begin_array();
  for (const scrubbed& one : what.recordings) {
    json.begin_object().key("session_id").value(one.session).key("file").value(one.file);
    json.key("verdict").value(name_of(one.verdict)).key("size").value(one.bytes).key("sha256").value(one.sha256);
    json.key("detail").value(one.detail).end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

}  // namespace wf::ctl
