#include "waveforge/store/identity.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace wf::store {

namespace {

constexpr std::size_t sector_bytes = 512;
constexpr std::string_view first_line = "waveforge-lock 1\n";
/// Ends the text: what is behind it is left over from a longer one.
constexpr std::string_view last_line = "end\n";

template <typename Number>
bool parse_number(std::string_view text, Number& into, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc{} && end == text.data() + text.size();
}

bool take_line(std::string_view name, std::string_view value, identity& into) {
  if (name == "boot") into.boot_id = value;
  if (name == "fs") into.file_system_uuid = value;
  if (name == "mount") return parse_number(value, into.mount_instance, 16);
  if (name == "era") return parse_number(value, into.era, 16);
  if (name == "failed_sync") into.failed_sync = value != "0";
  if (name == "address") into.address = value;
  if (name == "tus") into.tus_base = value;
  return true;  // a later version may say more
}

}  // namespace

std::string encode_identity(const identity& value) {
  std::string text{first_line};
  text += fmt::format("boot={}\nfs={}\nmount={:x}\nera={:016x}\nfailed_sync={}\n", value.boot_id,
                      value.file_system_uuid, value.mount_instance, value.era, value.failed_sync ? 1 : 0);
  for (const std::string& line :
       {fmt::format("address={}\n", value.address), fmt::format("tus={}\n", value.tus_base)}) {
    if (text.size() + line.size() + last_line.size() <= sector_bytes) text += line;
  }
  text += last_line;
  text.resize(sector_bytes, '\n');
  return text;
}

result<identity> decode_identity(std::string_view text) {
  const auto garbled = [] { return fail(errc::damaged, ".lock cannot be read; a new era begins"); };
  if (!text.starts_with(first_line)) return garbled();
  text.remove_prefix(first_line.size());
  identity value;
  while (!text.starts_with(last_line)) {
    const std::size_t end = text.find('\n');
    const std::size_t equals = text.substr(0, end).find('=');
    if (end == std::string_view::npos || equals == std::string_view::npos) return garbled();
    if (!take_line(text.substr(0, equals), text.substr(equals + 1, end - equals - 1), value)) return garbled();
    text.remove_prefix(end + 1);
  }
  return value;
}

bool era_outlives_process(const identity& before, const identity& now) noexcept {
  return before.boot_id == now.boot_id && before.file_system_uuid == now.file_system_uuid &&
         before.mount_instance == now.mount_instance && !before.boot_id.empty() && !before.failed_sync;
}

namespace {

io::task<result<identity>> read_identity(io::file& lock) {
  const auto buffer = std::make_shared<std::array<std::byte, sector_bytes>>();
  const auto read = co_await lock.read(*buffer, 0, buffer);
  if (!read) co_return fail(read.error());
  co_return decode_identity({reinterpret_cast<const char*>(buffer->data()), *read});
}

session::era draw_era(random_source& random) {
  std::array<std::byte, sizeof(session::era)> bytes{};
  random.fill(bytes);
  session::era value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

namespace {

io::task<result<bool>> lock_patiently(environment world, int fd) {
  io::ring_context* const ring = co_await io::this_ring();
  const io::deadline until = ring->after(lock_patience);
  for (;;) {
    const auto ours = world.world.try_lock(fd);
    if (!ours || *ours || ring->time().now() >= until.at) co_return ours;
    const std::int32_t woken = co_await io::sleep_until(ring->after(lock_again_after));
    if (woken == -ECANCELED) co_return ours;
  }
}

}  // namespace

io::task<result<void>> write_identity(claimed_dir& dir) {
  const auto text = std::make_shared<std::string>(encode_identity(dir.now));
  const auto written = co_await dir.lock.write_all(std::as_bytes(std::span{*text}), 0, text);
  if (!written) co_return written;
  const auto synced = co_await dir.lock.sync();
  co_return synced;
}

io::task<result<claimed_dir>> claim_data_dir(environment world, std::string path, recover_mode recover) {
  const auto opened = world.world.open_root(path);
  if (!opened) co_return fail(opened.error());
  claimed_dir dir;
  dir.root = std::make_shared<open_directory>();
  dir.root->handle = io::directory{io::descriptor{world.world, *opened}};
  const auto facts = world.world.file_system_of(*opened);
  if (!facts) co_return fail(facts.error());
  dir.file_system = *facts;
  auto lock = co_await dir.root->handle.open_file(".lock", io::open_mode::create);
  if (!lock) {
    error why = lock.error();
    why.detail = fmt::format(
        "cannot write in the data dir {}: {}; give this user write permission or choose another with "
        "--data-dir",
        path, why.detail);
    co_return fail(std::move(why));
  }
  dir.lock = std::move(*lock);
  const auto ours = co_await lock_patiently(world, dir.lock.number());
  if (!ours) co_return fail(ours.error());
  const auto before = co_await read_identity(dir.lock);
  if (!*ours) {
    // The note is the last server's. A wfctl that keeps servers away has written none.
    const std::string who = before && !before->address.empty() ? " at " + before->address : std::string{};
    co_return fail(errc::unavailable,
                   fmt::format("another waveforge{}, or a wfctl, uses the data dir {}; stop it, or give this one its "
                               "own with --data-dir",
                               who, path));
  }
  // A file that is new or garbled says nothing; a disk that does not answer must not end the era.
  if (!before && before.error().code != errc::damaged) {
    error why = before.error();
    why.detail =
        fmt::format("cannot read .lock in the data dir {}: {}; see to the disk and start again", path, why.detail);
    co_return fail(std::move(why));
  }
  dir.now.boot_id = world.world.boot_id();
  dir.now.file_system_uuid = dir.file_system.uuid;
  dir.now.mount_instance = dir.file_system.mount_instance;
  const bool only_process_died = before && era_outlives_process(*before, dir.now);
  dir.era_goes_on = before.has_value() &&
                    (recover == recover_mode::process || (recover == recover_mode::automatic && only_process_died));
  dir.now.era = dir.era_goes_on ? before->era : draw_era(world.random);
  if (auto written = co_await write_identity(dir); !written) co_return fail(written.error());
  if (auto synced = co_await dir.root->handle.sync(); !synced) co_return fail(synced.error());
  co_return dir;
}

}  // namespace wf::store
