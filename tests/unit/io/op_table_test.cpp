// A slot keeps what the kernel may touch until the last completion, and an id of before finds nothing.
#include "waveforge/io/op_table.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace wf::io {
namespace {

op_id open(op_table& table, operation op = {}) {
  return table
      .open(
          std::move(op), [](std::int32_t) {}, false)
      .value();
}

void finish(op_table& table, op_id id) {
  table.at(id).in_kernel = false;
  (void)table.close(id);
}

TEST(op_table, keeps_owner_and_paths_until_closed) {
  op_table table{16};
  auto owner = std::make_shared<int>(7);
  operation op;
  op.owner = owner;
  op.path = "a path longer than what a small string holds inside itself";
  const op_id id = open(table, std::move(op));
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_EQ(table.at(id).op.path, "a path longer than what a small string holds inside itself");
  table.at(id).in_kernel = false;
  EXPECT_EQ(owner.use_count(), 2);  // completed, and not delivered yet
  (void)table.close(id);
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(op_table, a_slot_used_again_has_another_generation) {
  op_table table{16};
  const op_id first = open(table);
  finish(table, first);
  const op_id second = open(table);
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_NE(second.generation, first.generation);
  EXPECT_EQ(table.waiting(first), nullptr);
  EXPECT_NE(table.waiting(second), nullptr);
}

TEST(op_table, nothing_waits_under_the_default_id_or_one_never_given) {
  op_table table{16};
  EXPECT_EQ(table.waiting({}), nullptr);
  const op_id id = open(table);
  EXPECT_EQ(table.waiting({}), nullptr);
  EXPECT_EQ(table.waiting({id.slot + 1, id.generation}), nullptr);
}

TEST(op_table, what_was_completed_does_not_wait_any_more) {
  op_table table{16};
  const op_id id = open(table);
  table.at(id).in_kernel = false;
  EXPECT_EQ(table.waiting(id), nullptr);
  EXPECT_EQ(table.open_count(), 1U);
  (void)table.close(id);
  EXPECT_EQ(table.open_count(), 0U);
}

TEST(op_table, slots_do_not_move_when_more_are_made) {
  op_table table{4'096};
  const op_id first = open(table);
  const operation* address = &table.at(first).op;
  for (int i = 0; i < 3'000; ++i) (void)open(table);
  EXPECT_EQ(&table.at(first).op, address);
}

TEST(op_table, refuses_more_than_its_bound_and_takes_nothing_then) {
  op_table table{2};
  const op_id first = open(table);
  (void)open(table);
  auto owner = std::make_shared<int>(1);
  operation op;
  op.owner = owner;
  EXPECT_FALSE(table.open(
      std::move(op), [](std::int32_t) {}, false));
  EXPECT_EQ(op.owner, owner);  // NOLINT(bugprone-use-after-move): that it was not moved is what is tested
  finish(table, first);
  EXPECT_TRUE(table.open(
      std::move(op), [](std::int32_t) {}, false));
}

using op_table_death = ::testing::Test;

TEST(op_table_death, closing_what_the_kernel_holds_ends_the_process) {
  op_table table{2};
  const op_id id = open(table);
  EXPECT_DEATH((void)table.close(id), "this must hold");
}

TEST(op_table_death, closing_twice_ends_the_process) {
  op_table table{2};
  const op_id id = open(table);
  finish(table, id);
  EXPECT_DEATH((void)table.close(id), "this must hold");
}

}  // namespace
}  // namespace wf::io
