#include "waveforge/io/op_table.hpp"

#include "waveforge/base/check.hpp"

namespace wf::io {

std::optional<op_id> op_table::open(operation&& op, callback&& done, bool external) {
  std::uint32_t index = first_free_;
  if (index != none) {
    first_free_ = slot_at(index).next_free;
  } else {
    if (slots_made_ == slots_max_) return std::nullopt;
    index = slots_made_++;
    if (index / block_slots == blocks_.size()) blocks_.push_back(std::make_unique<block>());
  }
  slot& place = slot_at(index);
  WF_CHECK(!place.taken);
  place.op = std::move(op);
  place.done = std::move(done);
  place.taken = true;
  place.in_kernel = true;
  place.external = external;
  place.cancel_sent = false;
  place.timed_out = false;
  ++open_count_;
  return op_id{index, place.generation};
}

op_table::slot* op_table::waiting(op_id id) noexcept {
  if (id.slot >= slots_made_) return nullptr;
  slot& place = slot_at(id.slot);
  return place.in_kernel && place.generation == id.generation ? &place : nullptr;
}

std::pair<op_id, op_table::slot*> op_table::waiting_at(std::uint32_t index) noexcept {
  WF_CHECK(index < slots_made_);
  const op_id id{index, slot_at(index).generation};
  return {id, waiting(id)};
}

op_table::slot& op_table::at(op_id id) noexcept {
  WF_CHECK(id.slot < slots_made_);
  slot& place = slot_at(id.slot);
  WF_CHECK(place.taken && place.generation == id.generation);
  return place;
}

op_table::callback op_table::close(op_id id) noexcept {
  slot& place = at(id);
  WF_CHECK(!place.in_kernel);
  callback done = std::move(place.done);
  // Only what holds memory: open() writes all the rest anew.
  place.op.owner.reset();
  if (!place.op.path.empty()) place.op.path = std::string{};
  if (!place.op.path2.empty()) place.op.path2 = std::string{};
  place.taken = false;
  if (++place.generation == 0) place.generation = 1;
  place.next_free = first_free_;
  first_free_ = id.slot;
  --open_count_;
  return done;
}

}  // namespace wf::io
