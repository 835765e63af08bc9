#pragma once

#include <bit>
#include <cstdint>

#include "waveforge/http/chars.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Finding the first byte that does not belong: the inner loops of the head parser, once over a table and once sixteen
/// bytes at a time. Both never read past `end`.
namespace wf::http::scan {

[[nodiscard]] inline const char* skip_class(const char* at, const char* end, std::uint8_t wanted) noexcept {
  while (at != end && detail::has_class(*at, wanted)) ++at;
  return at;
}

struct portable {
  [[nodiscard]] static const char* token_end(const char* at, const char* end) noexcept {
    return skip_class(at, end, detail::class_token);
  }
  [[nodiscard]] static const char* target_end(const char* at, const char* end) noexcept {
    return skip_class(at, end, detail::class_target);
  }
  [[nodiscard]] static const char* value_end(const char* at, const char* end) noexcept {
    return skip_class(at, end, detail::class_field);
  }
};

#if defined(__SSE2__)

/// SSE2 is part of every x86-64, so nothing is probed. Names and targets are almost only letters, digits, "-", "." and
/// "/": those are skipped sixteen at a time, and the table is asked about whatever stops the skipping.
struct vector {
  [[nodiscard]] static const char* token_end(const char* at, const char* end) noexcept {
    return skip_common<false>(at, end, detail::class_token);
  }
  [[nodiscard]] static const char* target_end(const char* at, const char* end) noexcept {
    return skip_common<true>(at, end, detail::class_target);
  }
  [[nodiscard]] static const char* value_end(const char* at, const char* end) noexcept {
    while (end - at >= 16) {
      const std::uint32_t stop = control_mask(load(at));
      if (stop == 0) {
        at += 16;
        continue;
      }
      at += std::countr_zero(stop);
      if (*at != '\t') return at;
      ++at;
    }
    return skip_class(at, end, detail::class_field);
  }

 private:
  [[nodiscard]] static __m128i load(const char* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }
  /// A bit for every byte below 0x20 or equal to 0x7f; obs-text (0x80 and above) passes.
  [[nodiscard]] static std::uint32_t control_mask(__m128i bytes) noexcept {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(low, del)));
  }
  /// A bit for every byte that is not a letter, a digit, "-", "." or, with `Slash`, "/".
  template <bool Slash>
  [[nodiscard]] static std::uint32_t uncommon_mask(__m128i bytes) noexcept {
    // x - lowest, compared unsigned with the width of the range, by way of min.
    const __m128i letter = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8('z' - 'a')), letter);
    const __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('-'));  // "-./0123456789" are neighbours
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8('9' - '-')), digit);
    if constexpr (!Slash) is_digit = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('/')), is_digit);
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(is_letter, is_digit))) ^ 0xffffU;
  }
  template <bool Slash>
  [[nodiscard]] static const char* skip_common(const char* at, const char* end, std::uint8_t wanted) noexcept {
    while (end - at >= 16) {
      const std::uint32_t stop = uncommon_mask<Slash>(load(at));
      if (stop == 0) {
        at += 16;
        continue;
      }
      at += std::countr_zero(stop);
      if (!detail::has_class(*at, wanted)) return at;
      ++at;
    }
    return skip_class(at, end, wanted);
  }
};

using fastest = vector;
#else
using fastest = portable;
#endif

}  // namespace wf::http::scan
