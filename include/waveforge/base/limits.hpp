#pragma once

#include <chrono>
#include <cstdint>

#include "waveforge/base/units.hpp"

/// Every bound the server keeps that is not an option, with its reason. Options are declared in server/config.
namespace wf::limits {

using namespace std::chrono_literals;

// --- HTTP ---
/// A browser's PATCH head is under 2 KiB; 16 KiB leaves room for cookies and proxies (nginx allows 32 KiB in four
/// lines).
inline constexpr std::uint32_t head_bytes_max = 16_KiB;
inline constexpr std::uint32_t target_bytes_max = 8_KiB;
inline constexpr std::uint32_t fields_max = 100;
/// Trailers carry one checksum; more is an attack.
inline constexpr std::uint32_t trailer_bytes_max = 4_KiB;
inline constexpr std::uint32_t chunk_size_line_bytes_max = 256;
/// Bodies of JSON and form requests (complete, assemble): ids, a name, one metadata object.
inline constexpr std::uint32_t small_body_bytes_max = 64_KiB;
/// Pairs of a form or query, and parts of a multipart body: ours have five.
inline constexpr std::uint32_t form_fields_max = 64;
/// Header lines of one part: a name, a file name of 255 bytes in two encodings, a type.
inline constexpr std::uint32_t part_head_bytes_max = 4_KiB;
inline constexpr auto head_timeout = 10s;
inline constexpr auto idle_timeout = 75s;
/// A body slower than this many bytes in `slow_body_window` is a dead or hostile peer.
inline constexpr std::uint64_t slow_body_bytes = 512 * 60;
inline constexpr auto slow_body_window = 60s;
inline constexpr auto send_timeout = 60s;
/// After an early answer the unread body is read and dropped, so that a client that sends everything before it reads
/// sees the answer and not a reset. Bounded in time, because what it takes depends on the peer's line: the longest
/// chunk of 5 MiB comes in 10 s over 4.2 Mbit/s. Dropping costs little, but not nothing: nobody has more than this
/// dropped.
inline constexpr auto drain_timeout = 10s;
inline constexpr std::uint64_t drain_bytes_max = 256_MiB;
/// A peer that sends nothing for this long meanwhile has read the answer, or is gone. TLS's last word has as long.
inline constexpr auto drain_quiet_timeout = 2s;

// --- tus ---
inline constexpr std::uint32_t chunk_index_max = 999'999;
inline constexpr std::uint32_t chunks_max = chunk_index_max + 1;
inline constexpr std::uint32_t session_metadata_bytes_max = 1_KiB;
inline constexpr std::uint32_t tus_metadata_bytes_max = 4_KiB;
inline constexpr std::uint32_t session_token_bytes_max = 64;

// --- store ---
/// One network read, and the size of a pooled buffer: the largest piece that still fits the second-level cache.
inline constexpr std::uint32_t piece_bytes = 512_KiB;
/// How long HEAD, POST or PATCH waits for a displaced writer or an open round before 423.
inline constexpr auto settle_timeout = 2s;
/// Up to this many files are synced one by one in a round; more are synced together by syncfs.
inline constexpr std::uint32_t round_files_max = 16;
inline constexpr std::uint32_t chunks_per_shard = 1'000;
/// Where a segment ends at the latest: ext4 with blocks of 4 KiB holds no longer file. A chunk whose place lies behind
/// it (a client may claim any chunkSize) gets a file of its own.
inline constexpr std::uint64_t segment_bytes_max = (std::uint64_t{1} << 44U) - 4_KiB;
inline constexpr std::uint64_t ballast_bytes = 64_MiB;
/// Largest single preallocation step of a segment.
inline constexpr std::uint64_t preallocate_step_bytes_max = 64_MiB;
inline constexpr std::uint32_t sessions_in_memory_max = 16'384;
/// Descriptors of sessions' files, where the process may have so many: a session uses four (its directory, chunks/ in
/// it, the segment twice), so the sessions in memory are the bound before this is.
inline constexpr std::uint32_t open_files_max = 4 * sessions_in_memory_max;
/// How long a request waits for idle sessions to give descriptors up. A round takes milliseconds; when none has become
/// free in this time all are in use, and the node is overloaded and says so.
inline constexpr auto open_files_patience = 10s;
inline constexpr std::uint32_t assemblies_running_max = 2;
/// Sessions that wait for their assembly in memory; the others are found by their rows of work when half are done.
inline constexpr std::uint32_t assemblies_queued_max = sessions_in_memory_max / 2;
/// Failed assemblies whose next try is known; the others are found by their rows of work when half of these are done.
inline constexpr std::uint32_t failed_assemblies_max = 4'096;
/// Final uploads whose parts somebody waits for; each costs a coroutine. The others are joined when they are asked for.
inline constexpr std::uint32_t joins_waiting_max = 1'000;

// --- io ---
/// Entries of one worker's submission queue; a full queue flushes, it never drops.
inline constexpr unsigned ring_entries = 1'024;
/// Operations one worker may have open: two a connection (poll and timer), some for files.
inline constexpr std::uint32_t operations_max = 65'536;
inline constexpr auto poll_interval_max = 5s;

}  // namespace wf::limits
