// Metadata that is taken is kept verbatim, has unique keys and decodes to what its base64 says.
#include <set>
#include <string>

#include "support/fuzz_pieces.hpp"
#include "waveforge/tus/base64.hpp"
#include "waveforge/tus/checksum.hpp"
#include "waveforge/tus/concat.hpp"
#include "waveforge/tus/metadata.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wf::tus;
  using wf::fuzz::expect;
  const wf::fuzz::exact_copy copy{{reinterpret_cast<const char*>(data), size}};
  const std::string_view text = copy.view();
  const auto metadata = upload_metadata::parse(text, 1024);
  if (!metadata) {
    expect(!metadata.error().detail.empty(), "a refusal has a sentence");
  } else {
    expect(metadata->raw() == text, "metadata is kept verbatim");
    std::set<std::string> keys;
    for (const auto& [key, value] : metadata->pairs()) {
      expect(keys.insert(key).second, "keys are unique");
      expect(metadata->find(key) == std::string_view{value}, "what is there is found");
    }
    if (const auto chunk = read_chunk_metadata(*metadata)) {
      expect(!chunk->total_chunks || wf::to_number(chunk->index) < *chunk->total_chunks, "an index is below the total");
      for (const auto& name : {chunk->recording_name, chunk->format}) {
        expect(!name || name->find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos, "names break nothing");
      }
    }
  }
  std::string decoded = "x";
  if (decode_base64(text, decoded)) {
    expect(decoded.size() <= 1 + text.size() / 4 * 3, "base64 shrinks by a quarter");
  } else {
    expect(decoded == "x", "a failure leaves nothing behind");
  }
  (void)parse_upload_checksum(text);
  if (const auto concat = parse_upload_concat(text)) {
    for (const std::string_view url : concat->urls) {
      const auto id = upload_id_from_url(url, "/tus/");
      expect(!id || id->find_first_of("./%?") == std::string_view::npos, "an id is an id");
    }
  }
  return 0;
}
