// From the command line, the environment and a config file to options: precedence, and one line for what is wrong.
#include "waveforge/server/command_line.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/temporary_directory.hpp"
#include "waveforge/server/declarations.hpp"
#include "waveforge/server/web_assets.hpp"

namespace wf::server {
namespace {

using namespace std::chrono_literals;

command read(std::vector<const char*> words) {
  words.insert(words.begin(), "waveforge");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

class environment_variable {
 public:
  environment_variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~environment_variable() { ::unsetenv(name_); }
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;

 private:
  const char* name_;
};

TEST(command_line, makes_as_many_workers_as_processors_are_allowed) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  unsigned first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const command got = read({"serve"});
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(got.set.threads, 1U);
}

TEST(command_line, serve_alone_has_the_documented_defaults) {
  const command got = read({"serve"});
  ASSERT_EQ(got.what, command::kind::serve) << got.text;
  EXPECT_EQ(got.set.listen, std::vector<std::string>{"127.0.0.1:8080"});
  EXPECT_EQ(got.set.data.data_dir, "./uploaded_data");
  EXPECT_EQ(got.set.data.level, store::durability::chunk);
  EXPECT_EQ(got.set.data.expire_after, 24h * 7);
  EXPECT_FALSE(got.set.data.expire_recordings);
  EXPECT_DOUBLE_EQ(got.set.data.min_free.fraction, 0.05);
  EXPECT_EQ(got.set.drain_timeout, 10s);
  EXPECT_EQ(got.set.http.chunk_bytes_max, 5_MiB);
  EXPECT_EQ(got.set.http.tus_base_path, "/tus");
  EXPECT_FALSE(got.set.http.allow_plain_http);
  EXPECT_GE(got.set.threads, 1U);
  EXPECT_FALSE(got.set.http.software_version.empty());
}

TEST(command_line, every_option_can_be_given) {
  const command got = read({"serve",
                            "--listen",
                            "127.0.0.1:0",
                            "--listen",
                            "unix:/tmp/x",
                            "--data-dir",
                            "/d",
                            "--threads",
                            "3",
                            "--durability",
                            "patch",
                            "--layout",
                            "files",
                            "--write-mode",
                            "splice",
                            "--max-chunk-size",
                            "1MiB",
                            "--session-rate",
                            "0",
                            "--session-id-format",
                            "token",
                            "--allow-plain-http",
                            "--trusted-proxy",
                            "10.0.0.0/8",
                            "--cors-origin",
                            "https://a.example",
                            "--log-format",
                            "json",
                            "--log-level",
                            "debug",
                            "--recover",
                            "crash",
                            "--min-free",
                            "1GiB",
                            "--drain-timeout",
                            "0",
                            "--expire-after",
                            "0",
                            "--expire-recordings",
                            "30d",
                            "--tus-base-path",
                            "/up/",
                            "--tus-max-size",
                            "10GiB",
                            "--concatenation-unfinished",
                            "--digest",
                            "sha256",
                            "--fan-out",
                            "2"});
  ASSERT_EQ(got.what, command::kind::serve) << got.text;
  EXPECT_EQ(got.set.listen, (std::vector<std::string>{"127.0.0.1:0", "unix:/tmp/x"}));
  EXPECT_EQ(got.set.threads, 3U);
  EXPECT_EQ(got.set.data.level, store::durability::patch);
  EXPECT_EQ(got.set.data.place, store::layout::files);
  EXPECT_EQ(got.set.data.mode, store::write_mode::splice);
  EXPECT_EQ(got.set.http.chunk_bytes_max, 1_MiB);
  EXPECT_EQ(got.set.http.creations_per_second, 0);
  EXPECT_EQ(got.set.http.id_format, session::id_format::token);
  EXPECT_TRUE(got.set.http.allow_plain_http);
  EXPECT_EQ(got.set.http.trusted_proxies.size(), 1U);
  EXPECT_EQ(got.set.log_as, log_format::json);
  EXPECT_EQ(got.set.data.recover, store::recover_mode::crash);
  EXPECT_EQ(got.set.data.expire_recordings, 24h * 30);
  EXPECT_FALSE(got.set.http.unfinished_expire);
  EXPECT_EQ(got.set.http.tus_base_path, "/up");
  EXPECT_EQ(got.set.http.tus_bytes_max, 10_GiB);
  EXPECT_TRUE(got.set.http.concatenation_unfinished);
  EXPECT_EQ(got.set.data.fan_out, 2U);
}

TEST(command_line, a_wrong_value_is_one_line_that_says_what_would_be_right) {
  const command got = read({"serve", "--durability", "fast"});
  EXPECT_EQ(got.what, command::kind::refuse);
  EXPECT_EQ(got.text, "waveforge: --durability fast: it is one of none, chunk, patch");
  for (const auto& words : std::vector<std::vector<const char*>>{{"serve", "--threads", "0"},
                                                                 {"serve", "--threads", "many"},
                                                                 {"serve", "--threads"},
                                                                 {"serve", "--no-such-option"},
                                                                 {"serve", "--threads", "1", "--threads", "2"},
                                                                 {"serve", "--tus-base-path", "/files/"},
                                                                 {"serve", "--tus-base-path", "/files/x"},
                                                                 {"serve", "--tus-base-path", "/"},
                                                                 {"serve", "--trusted-proxy", "10.0.0.1/8"},
                                                                 {"serve", "--cors-origin", "app.example"},
                                                                 {"serve", "--tls-cert", "x.pem"},
                                                                 {"serve", "--operator-token-file", "/does/not/exist"},
                                                                 {"serve", "surplus"},
                                                                 {"dance"},
                                                                 {}}) {
    const command wrong = read(words);
    EXPECT_EQ(wrong.what, command::kind::refuse) << wrong.text;
    EXPECT_TRUE(wrong.text.starts_with("waveforge: ")) << wrong.text;
    EXPECT_EQ(wrong.text.find('\n'), std::string::npos) << wrong.text;
  }
}

TEST(command_line, tus_uploads_take_no_address_that_is_used) {
  std::vector<std::string> taken{
      "/health", "/ready/", "/metrics", "/version", "/files/", "/upload", "/recording/complete", "/assets/"};
  for (const web_asset& page : web_assets()) taken.emplace_back(page.path);
  for (const std::string& path : taken) {
    const command got = read({"serve", "--tus-base-path", path.c_str()});
    EXPECT_EQ(got.what, command::kind::refuse) << path;
    EXPECT_NE(got.text.find("where nothing else is"), std::string::npos) << got.text;
  }
  for (const char* path : {"/healthy", "/uploads/", "/api/files", "/assets2", "/o"}) {
    EXPECT_EQ(read({"serve", "--tus-base-path", path}).what, command::kind::serve) << path;
  }
}

TEST(command_line, the_command_line_wins_over_the_environment_and_that_over_the_file) {
  const test::temporary_directory place;
  const std::string file = place.path() + "/waveforge.toml";
  std::ofstream{file} << "threads = 5\ndurability = \"none\"\nlayout = \"files\"\nallow-plain-http = true\n"
                         "listen = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\n";
  const environment_variable threads{"WAVEFORGE_THREADS", "6"};
  const environment_variable level{"WAVEFORGE_DURABILITY", "patch"};
  const command got = read({"serve", "--config", file.c_str(), "--threads", "7"});
  ASSERT_EQ(got.what, command::kind::serve) << got.text;
  EXPECT_EQ(got.set.threads, 7U);
  EXPECT_EQ(got.set.data.level, store::durability::patch);
  EXPECT_EQ(got.set.data.place, store::layout::files);
  EXPECT_TRUE(got.set.http.allow_plain_http);
  EXPECT_EQ(got.set.listen, (std::vector<std::string>{"127.0.0.1:1", "127.0.0.1:2"}));
}

TEST(command_line, a_switch_that_makes_no_sense_stops_the_start_wherever_it_was_set) {
  const test::temporary_directory place;
  const std::string file = place.path() + "/waveforge.toml";
  for (const std::string name : {"allow-plain-http", "concatenation-unfinished"}) {
    const std::string variable = name == "allow-plain-http" ? "WAVEFORGE_ALLOW_PLAIN_HTTP"  //
                                                            : "WAVEFORGE_CONCATENATION_UNFINISHED";
    for (const std::string value : {"", "5abc", "-1", "5", "maybe", "{}"}) {
      {
        const environment_variable set{variable.c_str(), value.c_str()};
        const command got = read({"serve"});
        EXPECT_EQ(got.what, command::kind::refuse) << variable << '=' << value;
        EXPECT_NE(got.text.find("--" + name), std::string::npos) << got.text;
      }
      EXPECT_EQ(read({"serve", ("--" + name + "=" + value).c_str()}).what, command::kind::refuse) << value;
      std::ofstream{file} << name << " = \"" << value << "\"\n";
      EXPECT_EQ(read({"serve", "--config", file.c_str()}).what, command::kind::refuse) << value;
    }
    for (const std::string value : {"true", "yes", "on", "1", "false", "no", "off", "0"}) {
      const environment_variable set{variable.c_str(), value.c_str()};
      const command got = read({"serve"});
      ASSERT_EQ(got.what, command::kind::serve) << got.text;
      const bool on = name == "allow-plain-http" ? got.set.http.allow_plain_http  //
                                                 : got.set.http.concatenation_unfinished;
      EXPECT_EQ(on, value == "true" || value == "yes" || value == "on" || value == "1") << value;
    }
  }
  const environment_variable set{"WAVEFORGE_ALLOW_PLAIN_HTTP", "5abc"};
  EXPECT_EQ(read({"serve"}).text, "waveforge: --allow-plain-http 5abc: it is true or false");
}

TEST(command_line, an_empty_variable_eats_no_other_option) {
  const environment_variable place{"WAVEFORGE_DATA_DIR", ""};
  const environment_variable threads{"WAVEFORGE_THREADS", "3"};
  const command got = read({"serve"});
  EXPECT_EQ(got.what, command::kind::refuse) << got.set.data.data_dir;
  EXPECT_NE(got.text.find("WAVEFORGE_DATA_DIR"), std::string::npos) << got.text;
  EXPECT_EQ(read({"serve", "--data-dir", "/d"}).what, command::kind::serve) << "the command line wins";
}

TEST(command_line, several_values_in_one_variable_are_separated_by_commas) {
  const environment_variable listen{"WAVEFORGE_LISTEN", "127.0.0.1:1,unix:/tmp/x"};
  const command got = read({"serve"});
  ASSERT_EQ(got.what, command::kind::serve) << got.text;
  EXPECT_EQ(got.set.listen, (std::vector<std::string>{"127.0.0.1:1", "unix:/tmp/x"}));
}

TEST(command_line, a_config_file_with_an_unknown_name_is_refused) {
  const test::temporary_directory place;
  const std::string file = place.path() + "/waveforge.toml";
  std::ofstream{file} << "thread = 5\n";
  const command got = read({"serve", "--config", file.c_str()});
  EXPECT_EQ(got.what, command::kind::refuse);
  EXPECT_NE(got.text.find("thread"), std::string::npos) << got.text;
}

TEST(command_line, version_and_help_are_printed) {
  EXPECT_EQ(read({"--version"}).what, command::kind::print);
  EXPECT_TRUE(read({"--version"}).text.starts_with("waveforge "));
  EXPECT_EQ(read({"--help"}).what, command::kind::print);
  EXPECT_NE(read({"serve", "--help"}).text.find("--data-dir"), std::string::npos);
}

TEST(command_line, help_has_every_option_with_values_and_default) {
  // CLI11 breaks lines where it likes.
  const auto words = [](std::string_view text) {
    std::istringstream in{std::string{text}};
    std::string out;
    for (std::string word; in >> word;) out += word + ' ';
    return out;
  };
  const std::string help = words(read({"serve", "--help"}).text);
  for (const declaration& one : declarations()) {
    EXPECT_TRUE(one.range.empty() || help.find(fmt::format("Values: {}. ", one.range)) != std::string::npos)
        << one.name << ": " << one.range;
    EXPECT_NE(help.find(fmt::format("[{}]", one.fallback)), std::string::npos) << one.name;
  }
}

TEST(command_line, the_environment_does_not_keep_options_from_being_described) {
  const environment_variable place{"WAVEFORGE_DATA_DIR", "/d"};
  const command got = read({"options", "--markdown"});
  EXPECT_EQ(got.what, command::kind::print) << got.text;
  EXPECT_EQ(got.text, options_page());
}

TEST(command_line, the_reference_page_is_what_the_declarations_say) {
  std::ifstream file{"docs/options.md"};
  std::stringstream committed;
  committed << file.rdbuf();
  EXPECT_EQ(committed.str(), options_page()) << "run: waveforge options --markdown > docs/options.md";
  EXPECT_EQ(read({"options", "--markdown"}).text, options_page());
  for (const declaration& one : declarations()) {
    EXPECT_FALSE(one.purpose.empty()) << one.name;
    EXPECT_FALSE(one.fallback.empty()) << one.name;
  }
}

}  // namespace
}  // namespace wf::server
