#pragma once

#include <memory>
#include <string>

#include "waveforge/store/rocks_facts.hpp"

namespace rocksdb {
class Env;
}

namespace wf::store {

/// The files of RocksDB, with logs whose sync is cheap: they are filled with zeros some way ahead of what is written,
/// so that a sync finds neither a new length nor new blocks and the file system's journal has nothing to commit.
///
/// A log then ends in zeros instead of with its file. RocksDB skips zeros when it reads, which is right for an end and
/// wrong for a hole (a page that a power cut kept from the disk while a later one came there): of what was never synced
/// a prefix must come back, not a selection. So an owner sees a damaged record at a hole within a log, where RocksDB's
/// point-in-time recovery stops, in the logs behind it too. An observer, who reads while the owner writes, sees whole
/// records and then the end.
[[nodiscard]] std::unique_ptr<rocksdb::Env> make_facts_env(facts_access access);

/// Make a hole in `log`, zeros where a record should begin and anything else behind them, a damaged record. Pure.
void mark_hole(std::string& log);

}  // namespace wf::store
