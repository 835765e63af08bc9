// Tables stand in columns, lines do not end in blanks, and only the last column is cut.
#include "wfctl/table.hpp"

#include <gtest/gtest.h>

#include "wfctl/progress_bar.hpp"

namespace wf::ctl {
namespace {

using namespace std::chrono_literals;

table example() {
  table made{{{"ID"}, {"SIZE", align::right}, {"NAME"}}};
  made.add({std::string{"a"}, std::string{"1.0 MiB"}, std::string{"Größe"}});
  made.add({std::string{"longer"}, std::string{"5 B"}, std::string{}});
  return made;
}

TEST(table, columns_stand_under_their_titles) {
  EXPECT_EQ(example().text({}),
            "ID         SIZE  NAME\n"
            "a       1.0 MiB  Größe\n"
            "longer      5 B\n");
}

TEST(table, the_last_column_is_cut_to_the_terminal) {
  look narrow;
  narrow.columns = 20;
  EXPECT_EQ(example().text(narrow),
            "ID         SIZE  NA…\n"
            "a       1.0 MiB  Gr…\n"
            "longer      5 B\n");
}

TEST(table, colours_take_no_room) {
  look colourful;
  colourful.colour = true;
  table made{{{"A"}, {"B"}}};
  made.add({cell{"red", paint::red}, std::string{"x"}});
  EXPECT_EQ(made.text(colourful), "\033[1mA\033[0m    \033[1mB\033[0m\n\033[31mred\033[0m  x\n");
}

TEST(table, a_sheet_has_its_values_under_each_other) {
  sheet made;
  made.add("state", "open");
  made.add("directory", "a\tb");
  EXPECT_EQ(made.text({}), "state      open\ndirectory  a\\x09b\n");
}

TEST(progress_text, tells_part_amount_and_what_is_left) {
  EXPECT_EQ(progress_text("checking", 50, 100, false, 10s, {}),
            "checking  [############            ]  50 %  50 of 100  10.0 s left");
  EXPECT_EQ(progress_text("copying", 2048, 0, true, 1500ms, {}), "copying  2.0 KiB  1.5 s");
  EXPECT_EQ(progress_text("done", 100, 100, false, 10s, {}), "done  [########################] 100 %  100 of 100");
  EXPECT_EQ(progress_text("over", 150, 100, false, 10s, {}), "over  [########################] 100 %  100 of 100");
}

}  // namespace
}  // namespace wf::ctl
