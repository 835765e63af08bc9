#pragma once

#include <string>

namespace limit {

/// What the machine does without any server, as one JSON object. `directory` is on the file system to be measured; its
/// files are removed again.
[[nodiscard]] std::string measure_machine(const std::string& directory, double seconds_each);

/// Direct writes of 512 KiB by 64 writers with a megabyte each before they wait for a sync, and rounds of syncs one
/// after the other: up to 16 waiting files one by one, more by one syncfs. Bytes per second.
[[nodiscard]] double disk_in_rounds(const std::string& directory, unsigned writers, double seconds);

}  // namespace limit
