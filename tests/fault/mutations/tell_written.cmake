# Observers are told what was written instead of what a round has promised.
set(source src/store/session_entry.cpp)
set(from_1 [==[out.offset_bytes = one.promised_bytes;]==])
set(to_1 [==[out.offset_bytes = one.written_bytes;]==])
set(from_2 [==[if (!one.complete() && one.promised_bytes > 0) out.partial.emplace(index, one.promised_bytes);]==])
set(to_2 [==[if (!one.complete() && one.written_bytes > 0) out.partial.emplace(index, one.written_bytes);]==])
