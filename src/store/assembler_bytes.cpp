#include <algorithm>

#include "presence.hpp"
#include "waveforge/store/assembler.hpp"
#include "waveforge/store/file_copy.hpp"
#include "waveforge/store/recording_names.hpp"

namespace wf::store {

io::task<result<bool>> is_there(const io::directory& in, std::string_view name) {
  const auto status = co_await in.status(name);
  if (!status && status.error().code != errc::not_found) co_return fail(status.error());
  co_return status.has_value();
}

io::task<result<void>> assembler::bring_together(session_entry& entry, const session::assembly_plan& plan,
                                                 const open_directory& completed) {
  // An earlier run may have come further than the facts: the finished name exists only after everything was synced.
  const auto finished = co_await is_there(completed.handle, entry.value.file_name);
  if (!finished) co_return fail(finished.error());
  const bool adopting = plan.kind == session::plan_kind::adopt;
  if (adopting) {
    const auto home = co_await entry.files.directory("chunks");
    if (!home) co_return fail(home.error());
    const auto segment = co_await is_there((*home)->handle, "segment");
    if (!segment) co_return fail(segment.error());
    if (*segment) {
      const auto adopted = co_await adopt(entry, plan, completed);
      co_return adopted;
    }
    const auto renamed = co_await is_there(completed.handle, temporary_recording_name);
    if (!renamed) co_return fail(renamed.error());
    if (*renamed || *finished) co_return result<void>{};
    co_return fail(errc::damaged, "the segment is gone and there is no recording in its place");
  }
  if (*finished) co_return result<void>{};
  const auto built = co_await build(entry, plan, completed);
  co_return built;
}

io::task<result<void>> assembler::adopt(session_entry& entry, const session::assembly_plan& plan,
                                        const open_directory& completed) {
  const auto segment = co_await entry.files.segment();
  if (!segment) co_return fail(segment.error());
  io::file& into = (*segment)->plain;
  for (const auto& step : plan.steps) {
    const auto brought = co_await bring(entry, step, into, plan.size_bytes);
    if (!brought) co_return brought;
  }
  if (auto cut = co_await into.truncate(plan.size_bytes); !cut) co_return cut;
  if (auto synced = co_await core_.commits.sync_apart(into); !synced) co_return synced;
  const auto from = co_await entry.files.directory("chunks");
  if (!from) co_return fail(from.error());
  const auto renamed = co_await (*from)->handle.rename("segment", completed.handle, temporary_recording_name);
  if (renamed) (*from)->dirty.store(true, std::memory_order_release);
  co_return renamed;
}

io::task<result<void>> assembler::build(session_entry& entry, const session::assembly_plan& plan,
                                        const open_directory& completed) {
  auto into = co_await completed.handle.open_file(temporary_recording_name, io::open_mode::create_empty);
  if (!into) co_return fail(into.error());
  const auto built = co_await fill(entry, plan, *into);
  // On a full disk these bytes would keep everybody from everything, a DELETE included, and the next try begins anew.
  if (!built) (void)co_await into->truncate(0);
  co_return built;
}

io::task<result<void>> assembler::fill(session_entry& entry, const session::assembly_plan& plan, io::file& into) {
  for (const auto& step : plan.steps) {
    const auto brought = co_await bring(entry, step, into, plan.size_bytes);
    if (!brought) co_return brought;
  }
  if (auto cut = co_await into.truncate(plan.size_bytes); !cut) co_return cut;
  const auto synced = co_await core_.commits.sync_apart(into);
  co_return synced;
}

io::task<result<void>> assembler::bring(session_entry& entry, const session::plan_step& step, io::file& into,
                                        std::uint64_t total_bytes) {
  std::shared_ptr<open_file> from;
  if (step.from.where == session::home::segment) {
    auto opened = co_await entry.files.segment();
    if (!opened) co_return fail(opened.error());
    from = std::move(*opened);
  } else {
    auto opened = co_await entry.files.chunk_file(step.index, step.from.generation);
    if (!opened) co_return fail(opened.error());
    from = std::move(*opened);
  }
  const auto has = co_await from->plain.status();
  if (!has) co_return fail(has.error());
  if (has->size_bytes < step.from.offset_bytes + step.length_bytes) {
    co_return fail(errc::damaged, "a chunk's file is shorter than the chunk");
  }
  const byte_move what{step.from.offset_bytes, step.length_bytes, step.offset_bytes};
  const auto brought = co_await bring_bytes(from->plain, what, into, pipes_);
  if (!brought) co_return brought;
  {
    const std::lock_guard lock{entry.mutex};
    entry.assembly_progress = static_cast<double>(step.offset_bytes + step.length_bytes) /
                              static_cast<double>(std::max<std::uint64_t>(total_bytes, 1));
    store_core::touch(entry);
  }
  entry.changed.notify_all();
  co_return result<void>{};
}

}  // namespace wf::store
