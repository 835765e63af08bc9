#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/sim/world.hpp"
#include "waveforge/io/operation.hpp"

namespace wf::sim {

struct node;
using node_ref = std::shared_ptr<node>;

/// A file or a directory, twice: as the page cache has it (`now`, `entries`) and as it would be found after a crash if
/// nothing else reached the disk (`kept`, `kept_entries`).
struct node {
  bool directory{false};
  std::uint64_t number{0};
  std::uint32_t names{0};  ///< in the page cache's view
  std::uint32_t opens{0};
  int locked_by{0};  ///< process, or 0
  std::uint32_t syncing{0};

  struct page {
    std::uint64_t changed{0};  ///< stamp of the last write
    std::uint64_t kept{0};     ///< stamp of what is on the disk; less: unsynced
    bool allocated{false};
    bool during_sync{false};  ///< last written while a sync was under way
  };
  std::vector<std::byte> now{};
  std::vector<std::byte> kept{};
  std::vector<page> pages{};
  std::uint64_t size_changed{0};
  std::uint64_t size_kept{0};

  std::map<std::string, node_ref, std::less<>> entries{};
  std::map<std::string, node_ref, std::less<>> kept_entries{};
};

/// What a sync covers: everything written before it began, as it was then.
struct sync_point {
  struct page_copy {
    std::uint32_t index;
    std::uint64_t stamp;
    std::vector<std::byte> bytes;
  };
  struct of_node {
    node_ref what;
    std::uint64_t size_stamp{0};
    std::uint64_t size_bytes{0};
    std::vector<page_copy> pages{};
  };
  std::uint64_t stamp{0};
  std::vector<of_node> nodes{};
  bool all_names{false};
};

/// How much of what was not synced a crash lets through.
enum class crash_mood : std::uint8_t { nothing, little, half, most, everything };

/// One file system. Data becomes durable page by page through a sync that began after the write; a name only when its
/// directory was synced. A crash keeps an arbitrary subset of the rest: pages, lengths and names each by themselves.
/// Renames are atomic. Values below 0 are -errno.
class disk {
 public:
  static constexpr std::size_t page_bytes = 4096;

  disk(world& in, std::uint64_t capacity_bytes);

  // What a history is made with.
  bool reflink{false};
  bool direct_io{true};

  [[nodiscard]] const node_ref& root() const noexcept { return root_; }
  [[nodiscard]] static node_ref find(const node_ref& from, std::string_view path);
  /// 0, or why the name cannot be made; `made` is the new node.
  [[nodiscard]] int make(const node_ref& parent, std::string_view name, bool directory, node_ref& made);
  [[nodiscard]] int unlink(const node_ref& parent, std::string_view name, bool directory);
  [[nodiscard]] int rename(const node_ref& from, std::string_view name, const node_ref& to, std::string_view to_name);
  [[nodiscard]] int link(const node_ref& from, std::string_view name, const node_ref& to, std::string_view to_name);

  [[nodiscard]] std::int32_t read(const node& from, std::span<std::byte> into, std::uint64_t offset) const;
  /// Bytes that landed: fewer when the disk fills.
  [[nodiscard]] std::int32_t write(node& into, std::span<const std::byte> from, std::uint64_t offset);
  [[nodiscard]] int allocate(node& into, std::uint64_t offset, std::uint64_t length);
  void zero(node& into, std::uint64_t offset, std::uint64_t length);
  void truncate(node& into, std::uint64_t length);
  [[nodiscard]] int clone(const node& from, std::uint64_t offset, std::uint64_t length, node& into,
                          std::uint64_t offset2);

  [[nodiscard]] sync_point begin_sync(const node_ref& what);
  [[nodiscard]] sync_point begin_sync_all();
  void end_sync(const sync_point& point);
  /// The kernel could not write it, says so once (or not at all), and takes the pages for clean from now on.
  void fail_sync(const sync_point& point);

  void opened(node& one) noexcept { ++one.opens; }
  void closed(node& one) noexcept;

  /// The machine goes down and comes up again: nobody has anything open.
  void crash(crash_mood mood);
  /// From now on only `spare_pages` more can be allocated; nullopt: as much as there is.
  void squeeze(std::optional<std::uint64_t> spare_pages) noexcept;
  [[nodiscard]] bool squeezed() const noexcept { return squeezed_; }
  [[nodiscard]] std::uint64_t used_bytes() const noexcept { return used_pages_ * page_bytes; }
  [[nodiscard]] std::uint64_t capacity_bytes() const noexcept { return limit_pages_ * page_bytes; }
  /// Paths of everything there is, for the trace and the checker.
  [[nodiscard]] std::vector<std::string> all_paths() const;

 private:
  /// A change of names that no sync has covered yet.
  struct change {
    std::uint64_t stamp;
    node_ref added_to{};
    std::string added{};
    node_ref what{};
    node_ref removed_from{};
    std::string removed{};
  };
  [[nodiscard]] bool reserve_page(node& of, std::size_t index);
  void release(node& one) noexcept;
  void touch(node& one, std::uint64_t offset, std::uint64_t length);
  void resize(node& one, std::uint64_t length);
  void add_to_point(sync_point& point, const node_ref& what);
  void settle_names(std::uint64_t stamp, const node* of, bool all);
  static void apply(const change& one);
  void crash_file(node& one, std::uint64_t keep_parts);
  void come_up(node& one);
  void collect(const node_ref& from, std::vector<node_ref>& into) const;

  world& world_;
  node_ref root_;
  std::vector<change> pending_;
  std::uint64_t stamp_{0};
  std::uint64_t nodes_made_{0};
  std::uint64_t used_pages_{0};
  std::uint64_t capacity_pages_;
  std::uint64_t limit_pages_;
  bool squeezed_{false};
};

}  // namespace wf::sim
