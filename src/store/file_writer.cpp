#include "waveforge/store/file_writer.hpp"

#include <algorithm>
#include <utility>

namespace wf::store {

file_writer::file_writer(store_core& core, session_hold held, std::uint32_t index, std::shared_ptr<active_writer> mine)
    : core_(core), held_(std::move(held)), index_(index), mine_(std::move(mine)) {
  refresh_view();
}

file_writer::~file_writer() {
  if (!mine_) return;
  {
    const std::lock_guard lock{held_->mutex};
    const auto at = held_->writers.find(index_);
    if (at != held_->writers.end() && at->second == mine_) held_->writers.erase(at);
  }
  held_->changed.notify_all();
}

bool file_writer::refresh_view() {
  const std::lock_guard lock{held_->mutex};
  const session::chunk* one = held_->value.chunks.find(index_);
  if (one != nullptr) view_ = held_->view_chunk(index_, *one, core_.with.expiry());
  return one != nullptr;
}

io::task<result<chunk_view>> file_writer::append(io::worker& on, io::body_source& body, const append_options& with) {
  return uninterrupted(append_now(on, body, with));
}

io::task<result<chunk_view>> file_writer::append_now(io::worker& on, io::body_source& body, append_options with) {
  if (!mine_) co_return fail(errc::state_conflict, "the recording is complete: nothing can be added to it");
  // Room is judged before a byte is taken; with less than the floor free nothing new is stored.
  if (auto room = core_.space.room_for(body.remaining().value_or(0)); !room) co_return fail(room.error());
  mine_->ring = &on.ring;
  const result<session::chunk> begun = begin(body, with);
  result<void> received{};
  if (!begun) received = fail(begun.error());
  if (received) received = co_await receive(on, body, with, *begun);
  if (received && with.check != nullptr) {
    received = with.check->verify();
    if (received) count_landed(std::exchange(hidden_bytes_, 0), true);
  }
  end();
  // Also after a failure: the prefix that landed is kept, and what is told of it must be true.
  const auto promised = co_await core_.promise(held_.entry(), index_);
  const bool there = refresh_view();
  if (!received) co_return fail(received.error());
  if (!promised) co_return fail(promised.error());
  // An `assemble` with fewer chunks dropped it meanwhile, bytes and all.
  if (!there) co_return fail(errc::not_found, "the chunk was removed while it was sent");
  co_return view_;
}

result<session::chunk> file_writer::begin(io::body_source& body, const append_options& with) {
  const std::lock_guard lock{held_->mutex};
  session::chunk* one = held_->value.chunks.find(index_);
  if (one == nullptr) return fail(errc::not_found, "the chunk was removed");
  if (!with.compare_held && with.offset_bytes != one->written_bytes) {
    return fail(errc::offset_conflict, "the chunk has another offset by now");
  }
  if (with.declare_length_bytes && !one->length_bytes) {
    one->length_bytes = with.declare_length_bytes;
    one->row_due = true;
  }
  mine_->body = &body;
  // Whoever asked before there was a body could not interrupt it. What came with the head is kept all the same.
  if (mine_->displaced) body.interrupt();
  core_.world.count.shift(gauge::bodies_arriving, 1);
  return *one;
}

void file_writer::end() noexcept {
  if (std::exchange(mine_->body, nullptr) != nullptr) core_.world.count.shift(gauge::bodies_arriving, -1);
}

void file_writer::count_landed(std::uint64_t bytes, bool visible) {
  if (!visible) {
    hidden_bytes_ += bytes;
    return;
  }
  const std::lock_guard lock{held_->mutex};
  session::chunk* one = held_->value.chunks.find(index_);
  if (one == nullptr) return;
  one->written_bytes += bytes;
  if (one->length_bytes) held_->reserved.take(bytes);
  held_->value.chunks.touch(*one, core_.world.time.utc_now());
}

io::task<result<void>> file_writer::receive(io::worker& on, io::body_source& body, const append_options& with,
                                            const session::chunk& now) {
  if (body.done()) co_return result<void>{};
  const bool segment = now.where.where == session::home::segment;
  result<std::shared_ptr<open_file>> opened{};
  if (segment) {
    opened = co_await held_->files.segment(opening::when_there_is_room);
  } else {
    opened = co_await held_->files.chunk_file(index_, now.where.generation, opening::when_there_is_room);
  }
  if (!opened) co_return fail(opened.error());
  file_ = std::move(*opened);
  if (with.compare_held && now.written_bytes > 0) {
    const auto same = co_await compare_with_file(on, body, *file_, now.where.offset_bytes, now.written_bytes);
    if (!same) co_return same;
    if (body.done()) co_return result<void>{};
  }
  body_transfer::target into;
  into.files = &held_->files;
  into.file = file_;
  into.segment = segment;
  into.position_bytes = now.where.offset_bytes + now.written_bytes;
  into.end_bytes = now.where.offset_bytes + now.capacity_bytes();
  // Nothing is reserved behind a recording whose end is known.
  into.bound_bytes = UINT64_MAX;
  {
    const std::lock_guard lock{held_->mutex};
    const auto& value = held_->value;
    if (value.total && value.layout.stride_bytes) into.bound_bytes = *value.total * *value.layout.stride_bytes;
    if (value.total == 1U && now.length_bytes) into.bound_bytes = *now.length_bytes;
  }
  write_situation situation;
  situation.mode = core_.with.mode;
  situation.level = core_.with.level;
  situation.verbatim_socket = body.raw() != nullptr;
  situation.must_see_bytes = with.check != nullptr;
  situation.in_segment = segment;
  situation.offset_bytes = into.position_bytes;
  situation.length_bytes = body.remaining();
  situation.in_hand_bytes = body.in_hand().size();
  situation.direct_alignment_bytes = core_.file_system.direct_offset_alignment;
  const bool visible = with.check == nullptr;
  body_transfer transfer{
      core_.world, core_.with.level, on, body, std::move(into), with.check, [this, visible](std::uint64_t bytes) {
        count_landed(bytes, visible);
      }};
  const auto moved = co_await transfer.run(choose_way(situation));
  co_return moved;
}

}  // namespace wf::store
