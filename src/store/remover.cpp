#include "waveforge/store/remover.hpp"

#include "waveforge/store/rows.hpp"

namespace wf::store {

io::task<result<void>> remover::bury(std::shared_ptr<session_entry> entry, session::state why) {
  if (auto taken = core_.commits.takes_more(); !taken) co_return taken;
  commit_request commit;
  session::recording tombstone;
  {
    const std::lock_guard lock{entry->mutex};
    entry->finishing = true;
    tombstone.id = entry->id();
    tombstone.now = why;
    tombstone.created_at = entry->value.created_at;
    tombstone.ended_at = core_.world.time.utc_now();
    commit.rows = {session_row(tombstone), work_row(tombstone.id)};
    for (const auto& [index, one] : entry->value.chunks.all()) forget_chunk(tombstone.id, index, commit.rows);
    add_expiry_row(tombstone, core_.with.expiry(), commit.rows);
  }
  commit.sync = true;
  // Only a tombstone that lasts is one: whoever asks again after a failure must not be told that it is done.
  commit.ended = [entry, &commits = core_.commits,
                  tombstone = std::move(tombstone)](const result<void>& outcome) mutable {
    const std::lock_guard lock{entry->mutex};
    if (!outcome) {
      entry->removal_in_doubt = commits.in_doubt();
      return;
    }
    entry->value = std::move(tombstone);
    entry->reserved.clear();
    store_core::touch(*entry);
  };
  const auto committed = co_await core_.commits.commit(std::move(commit));
  {
    const std::lock_guard lock{entry->mutex};
    entry->finishing = false;
  }
  entry->changed.notify_all();
  if (!committed) co_return committed;
  const auto removed = co_await remove_bytes(std::move(entry));
  co_return removed;
}

io::task<result<void>> remover::remove_bytes(std::shared_ptr<session_entry> entry) {
  entry->files.close();
  const std::string& path = entry->files.path();
  const std::size_t slash = path.rfind('/');
  commit_request done;
  if (slash == std::string::npos) {
    const auto removed = co_await remove_tree(core_.root->handle, path);
    if (!removed) co_return removed;
    done.directories = {core_.root};
  } else {
    auto opened = co_await core_.root->handle.open_directory(path.substr(0, slash));
    if (!opened && opened.error().code != errc::not_found) co_return fail(opened.error());
    if (opened) {
      const auto parent = std::make_shared<open_directory>();
      parent->handle = std::move(*opened);
      const auto removed = co_await remove_tree(parent->handle, path.substr(slash + 1));
      if (!removed) co_return removed;
      done.directories = {parent};
    }
  }
  // A crash must not bring the names back when nobody remembers that they are to go.
  for (const auto& parent : done.directories) parent->dirty.store(true, std::memory_order_release);
  done.rows = {no_work_row(entry->id())};
  const auto committed = co_await core_.commits.commit(std::move(done));
  co_return committed;
}

io::task<result<void>> remove_tree(const io::directory& parent, std::string name) {
  const auto itself = co_await parent.open_directory(name);
  if (!itself) {
    if (itself.error().code == errc::not_found) co_return result<void>{};
    co_return fail(itself.error());
  }
  const auto entries = co_await itself->list();
  if (!entries) co_return fail(entries.error());
  for (const auto& entry : *entries) {
    result<void> removed{};
    if (entry.kind == io::file_kind::directory) {
      removed = co_await remove_tree(*itself, entry.name);
    } else {
      removed = co_await itself->unlink(entry.name);
    }
    if (!removed && removed.error().code != errc::not_found) co_return removed;
  }
  const auto gone = co_await parent.remove_directory(name);
  co_return gone;
}

}  // namespace wf::store
