#include "support/sim/workload.hpp"

#include <algorithm>

namespace wf::sim {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned attempts_counted = 7;
constexpr int checksum_mismatch = 460;

std::string draw_id(dice& rng) {
  const std::uint64_t a = rng.next();
  const std::uint64_t b = rng.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32U, (a >> 16U) & 0xffffU, a & 0xfffU, b & 0xfffU,
                     b >> 16U);
}

}  // namespace

std::string base64(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U | (at + i < text.size() ? static_cast<std::uint8_t>(text[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i > text.size() ? '=' : alphabet[group >> (18 - 6 * i) & 63U];
    }
  }
  return out;
}

std::string checksum_of(std::string_view body, bool right) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : body) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  crc = right ? ~crc : crc;
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(crc >> shift & 0xffU);
  return "crc32 " + base64(bytes);
}

workload::workload(machine& of, ledger& book, const plan& set) : machine_(of), all_(of.all), book_(book), plan_(set) {}

void workload::draw_sessions() {
  dice& rng = all_.rng;
  book_.sessions.resize(plan_.sessions);
  for (unsigned number = 0; number < plan_.sessions; ++number) {
    session_record& one = book_.sessions[number];
    one.key = rng.next();
    one.plain = rng.chance(plan_.plain_parts);
    if (!one.plain) one.id = draw_id(rng);
    one.total = one.plain ? 1 : static_cast<std::uint32_t>(rng.between(1, plan_.chunks_max));
    auto made = std::make_unique<upload_state>();
    made->session = &one;
    made->chunk_size_told = rng.chance(700'000);
    made->total_told_from = rng.coin() ? 0 : rng.coin() ? one.total - 1 : one.total;
    made->explicit_assembly = made->total_told_from >= one.total || rng.chance(200'000);
    made->to_be_cancelled = rng.chance(plan_.cancel_parts);
    made->abandoned = rng.chance(plan_.abandon_parts);
    made->lanes_left = one.plain ? 1 : std::min(plan_.lanes, one.total);
    // Mostly what a recorder makes: equal chunks, and a shorter one at the end.
    const bool regular = made->chunk_size_told || rng.coin();
    const std::uint64_t stride = rng.between(1, plan_.chunk_bytes_max);
    one.chunks.resize(one.total);
    for (std::uint32_t i = 0; i < one.total; ++i) {
      const bool last = i + 1 == one.total;
      one.chunks[i].deferred = !one.plain && rng.chance(plan_.defer_parts);
      one.chunks[i].length = regular && !last ? stride : rng.between(1, regular ? stride : plan_.chunk_bytes_max);
    }
    made->to_be_named = !one.plain && plan_.name_parts > 0 && rng.chance(plan_.name_parts);
    if (made->to_be_named) one.name = fmt::format("Take {}.webm", number + 1);
    // From dice of their own: the other draws of a seed stay what they are.
    dice apart{one.key};
    made->leaves = !one.plain && !made->to_be_cancelled && plan_.level != store::durability::none &&
                   apart.chance(plan_.leave_parts);
    uploads_.push_back(std::move(made));
  }
}

void workload::begin() {
  draw_sessions();
  for (const auto& one : uploads_) {
    if (one->session->plain) {
      add("plain upload", plain_upload(*one));
      continue;
    }
    const unsigned lanes = one->lanes_left;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      add(fmt::format("recorder {} of {}", lane, one->session->id), record_lane(*one, lane));
    }
  }
  for (unsigned i = 0; i < plan_.visitors; ++i) add(fmt::format("visitor {}", i), visit());
}

void workload::begin_audit() {
  for (session_record& one : book_.sessions) add("audit " + one.id, audit(one));
}

void workload::add(std::string name, script<void> work) {
  actor& made = actors_.emplace_back(actor{std::move(name), std::move(work)});
  all_.after(all_.some(0, 2'000), [&made] { made.work.start(); });
}

bool workload::done() const noexcept {
  return std::ranges::all_of(actors_, [](const actor& one) { return one.work.ended(); });
}

std::string workload::who_is_left() const {
  std::string text;
  for (const actor& one : actors_) {
    if (!one.work.ended()) text += " " + one.name + ";";
  }
  return text;
}

script<workload::answer> workload::ask(client& by, question what) {
  if (on_request) on_request(book_.requests);
  std::string line;
  if (all_.tracing()) {
    line = fmt::format("{} {}", what.verb, what.target);
    for (const auto& [name, value] : what.fields) {
      if (name == "Upload-Offset") line += " at " + value;
    }
    if (!what.body.empty()) line += fmt::format(" with {} bytes", what.body.size());
    if (what.leaves_after) line += fmt::format(", leaving after {}", *what.leaves_after);
    all_.trace("-> {}", line);
  }
  const std::string verb = what.verb;
  const bool wrong = what.wrong_checksum;
  answer said = co_await by.ask(std::move(what));
  if (all_.tracing()) {
    all_.trace("<- {}: {}{}", line, said ? std::to_string(said->status) : "nothing",
               said && said->fields.contains("upload-offset") ? " at " + said->fields.at("upload-offset") : "");
    if (said && said->status >= 400) all_.trace("   {}", said->body);
  }
  if (said && !(wrong && said->status == checksum_mismatch)) judge_status(*said, verb);
  all_.stir(said ? static_cast<std::uint64_t>(said->status) : 0);
  co_return said;
}

script<void> workload::back_off(unsigned attempt) {
  const std::uint64_t most_us = std::uint64_t{40'000} << std::min(attempt, attempts_counted);
  co_await pause{all_, all_.some(most_us / 4, most_us)};
}

void workload::judge_status(const heard& said, std::string_view by) {
  switch (said.status) {
    case 200:
    case 201:
    case 202:
    case 204:
    case 206:
    case 304:
    case 404:
    case 408:
    case 409:
    case 410:
    case 423: return;
    case 500:
    case 503:
    case 507:
      if (all_.healed)
        all_.violate(fmt::format("{} was answered {} though nothing is wrong: {}", by, said.status, said.body));
      return;
    default: all_.violate(fmt::format("{} was answered {}: {}", by, said.status, said.body));
  }
}

bool workload::given_up(const session_record& of) const noexcept {
  return of.excused || of.cancelled || of.cancel_begun;
}

std::string workload::address(const session_record& of, std::uint32_t index) const {
  return of.plain ? "/tus/" + of.id : fmt::format("/files/{}/chunks/{}", of.id, index);
}

}  // namespace wf::sim
