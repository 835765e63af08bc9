#pragma once

#include <string>
#include <string_view>

namespace wf::tus {

/// Appends what `text` encodes (RFC 4648 section 4, the standard alphabet). Strict: the length is a multiple of four,
/// padding is there, nothing else is (no line breaks, no URL alphabet), and the bits the padding leaves over are zero,
/// so that every value has exactly one encoding. Out: false when it is not so; `out` is then as before.
[[nodiscard]] bool decode_base64(std::string_view text, std::string& out);

}  // namespace wf::tus
