#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>

#include "e2e/scene.hpp"
#include "support/command.hpp"

namespace wf::test {

inline constexpr std::uint64_t chunk_bytes = 100'000;

/// A data dir, a recording to put into it, and wfctl to ask about it.
class wfctl_scene : public testing::Test {
 protected:
  material all{3 * chunk_bytes - 77};
  temp_dir data;
  temp_dir elsewhere;

  [[nodiscard]] server_process::setup with(std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--session-rate", "0"});
    return {data.path(), std::move(flags)};
  }
  [[nodiscard]] command_result ctl(std::vector<std::string> words) const {
    return ctl_on(data.path(), std::move(words));
  }
  [[nodiscard]] static command_result ctl_on(const std::filesystem::path& data_dir, std::vector<std::string> words) {
    words.insert(words.begin(), {WF_WFCTL_BIN, "--data-dir", data_dir.string()});
    return run_command(words);
  }
  /// The exit code, and the JSON in `answer_`.
  int ask(std::vector<std::string> words) {
    words.emplace_back("--json");
    const command_result got = ctl(std::move(words));
    said_ = got.err;
    text_ = simdjson::padded_string{got.out};
    EXPECT_EQ(parser_.parse(text_).get(answer_), simdjson::SUCCESS) << got.out << got.err;
    return got.exit_code;
  }
  /// "weight what" of every finding of the last fsck.
  [[nodiscard]] std::vector<std::string> findings() const {
    std::vector<std::string> out;
    for (const simdjson::dom::element one : answer_["findings"].get_array()) {
      out.push_back(std::string{std::string_view{one["weight"]}} + " " + std::string{std::string_view{one["what"]}});
    }
    return out;
  }
  void begin(tus_client& client, const std::string& session) const { upload_all_but_last(client, session, {}); }
  void finish(tus_client& client, const std::string& session) const {
    upload_all(client, session, all, chunk_bytes, {0, 1, 2}, chunk_bytes);
    client.wait_for_state(session, "assembled");
  }
  void upload_all_but_last(tus_client& client, const std::string& session, std::optional<std::uint32_t> total) const {
    for (const std::uint32_t index : {0U, 1U}) {
      client.upload(session, {index, chunk_bytes, chunk_bytes, total}, all.part(index * chunk_bytes, chunk_bytes),
                    60'000);
    }
  }
  [[nodiscard]] static std::string digest_of_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return sha256_of(std::as_bytes(std::span{text}));
  }

  simdjson::dom::element answer_;
  std::string said_;

 private:
  simdjson::dom::parser parser_;
  simdjson::padded_string text_;
};

}  // namespace wf::test
