#include "waveforge/store/rows.hpp"

namespace wf::store {

fact_write session_row(const session::recording& value) {
  return {session::session_key(value.id), session::encode_session(value)};
}

fact_write chunk_row(const session::session_id& id, std::uint32_t index, const session::chunk& one) {
  return {session::chunk_key(id, index), session::encode_chunk(one)};
}

fact_write progress_row(const session::session_id& id, std::uint32_t index, const session::chunk& one,
                        std::uint64_t written, bool vouched, session::era now) {
  session::progress row;
  row.vouched_bytes = vouched ? written : one.vouched_bytes;
  row.touched_at = one.touched_at;
  if (!vouched) {
    row.unvouched_era = now;
    row.unvouched_bytes = written;
  }
  return {session::progress_key(id, index), session::encode_progress(row)};
}

fact_write work_row(const session::session_id& id) {
  return {session::work_key(id), std::string{}};
}
fact_write no_work_row(const session::session_id& id) {
  return {session::work_key(id), std::nullopt};
}

void add_expiry_row(const session::recording& value, const session::expiry_rules& rules,
                    std::vector<fact_write>& into) {
  if (const auto at = session::first_look(value, rules)) {
    into.push_back({session::expiry_key(*at, value.id), std::string{}});
  }
}

void forget_chunk(const session::session_id& id, std::uint32_t index, std::vector<fact_write>& into) {
  into.push_back({session::chunk_key(id, index), std::nullopt});
  into.push_back({session::progress_key(id, index), std::nullopt});
}

}  // namespace wf::store
