#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "waveforge/base/result.hpp"
#include "waveforge/tus/upload_state.hpp"

namespace wf::tus {

/// An Upload-Concat value, taken apart. Views refer to the text parsed.
struct concat_request {
  upload_role role{upload_role::single};
  std::vector<std::string_view> urls{};  ///< for `final_`: at least one, in order, repetitions allowed
};

/// `partial` or `final;url url …` (tus 1.0.0, Concatenation). Errors: bad_request.
[[nodiscard]] result<concat_request> parse_upload_concat(std::string_view value);

/// The id in a URL of a partial upload: absolute (`https://host/tus/id`, whoever the host: a proxy may have renamed
/// us), a path (`/tus/id`), or relative to the collection (`id`). `base_path` begins and ends with "/". nullopt for
/// anything else,
/// `..`, a query and other collections included. An id is 1 … 64 of `[A-Za-z0-9_-]`.
[[nodiscard]] std::optional<std::string_view> upload_id_from_url(std::string_view url,
                                                                 std::string_view base_path) noexcept;

enum class concat_verdict : std::uint8_t {
  join,              ///< every part is complete
  join_later,        ///< some part is not, and that is allowed
  part_missing,      ///< unknown, expired or cancelled
  part_not_partial,  ///< an upload that was not created with `Upload-Concat: partial`
  part_unfinished,   ///< and `concatenation-unfinished` is off
  too_large,         ///< the sum is over the limit, or over INT64_MAX
};

struct concat_plan {
  concat_verdict verdict{concat_verdict::join};
  std::size_t part{0};                          ///< which part the verdict is about
  std::optional<std::uint64_t> length_bytes{};  ///< the sum; nullopt while the length of some part is deferred
};

/// Judges the parts of a final upload in listed order; the first that cannot be used decides. Pure.
[[nodiscard]] concat_plan judge_concat(std::span<const upload_state> parts, bool unfinished_allowed,
                                       std::optional<std::uint64_t> length_bytes_max) noexcept;

/// Every verdict but `join` and `join_later` as an `error` with a sentence that names the part's place in the list.
[[nodiscard]] error explain(const concat_plan& plan);

}  // namespace wf::tus
