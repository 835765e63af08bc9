#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waveforge/base/unique_function.hpp"
#include "waveforge/http/multipart.hpp"
#include "waveforge/io/body_source.hpp"

namespace wf::api {

/// A multipart form while it arrives (RFC 7578): small fields are collected, and the part named "file" is a body of its
/// own that is read through this. That body is done only when the whole form has ended rightly, so that whoever takes
/// it commits nothing of a form that was cut. Holds no memory while the peer is waited for.
class form_body final : public io::body_source {
 public:
  /// `from` outlives this.
  form_body(io::body_source& from, http::multipart_parser parser) noexcept;

  /// Reads up to the file's first byte: true; false: the form has ended without one.
  [[nodiscard]] io::task<result<bool>> find_file();

  /// The value of a field that has come so far. bad_request when it came twice.
  [[nodiscard]] result<std::optional<std::string_view>> field(std::string_view name) const;

  /// Called once when the form has ended, before the file's body is done; its failure becomes the body's.
  void at_end(unique_function<result<void>()> check) { at_end_ = std::move(check); }

  // The file part. Its length is not known before its end.
  [[nodiscard]] std::span<const std::byte> in_hand() const noexcept override { return data_; }
  [[nodiscard]] std::shared_ptr<void> in_hand_owner() const noexcept override { return data_owner_; }
  void consume(std::size_t count) noexcept override;
  [[nodiscard]] std::optional<std::uint64_t> remaining() const noexcept override;
  [[nodiscard]] bool done() const noexcept override { return ended_ && data_.empty(); }
  [[nodiscard]] io::socket* raw() noexcept override { return nullptr; }
  void took(std::uint64_t) noexcept override {}
  [[nodiscard]] io::task<result<std::uint64_t>> wait(std::uint64_t want) override;
  [[nodiscard]] io::task<result<std::size_t>> receive(std::span<std::byte> into, std::shared_ptr<void> owner) override;
  void interrupt() noexcept override { from_.interrupt(); }

 private:
  using step = http::multipart_parser::step;

  [[nodiscard]] std::span<const std::byte> take(const step& next);
  void begin_part();
  void fail_with(error why);
  void read_piece();
  void drop_piece() noexcept;
  void hold_in_hand() noexcept;
  void end_form();
  [[nodiscard]] io::task<result<void>> take_piece();
  [[nodiscard]] io::task<result<void>> pull();
  [[nodiscard]] std::size_t parse_in_place(std::span<std::byte> into, std::span<const std::byte> rest);

  io::body_source& from_;
  http::multipart_parser parser_;
  std::vector<std::pair<std::string, std::string>> fields_{};
  std::size_t field_bytes_{0};
  unique_function<result<void>()> at_end_{};

  std::span<const std::byte> piece_{};  ///< received and not parsed yet
  std::shared_ptr<void> piece_owner_{};
  std::size_t in_hand_bytes_{0};       ///< of from_, to be consumed with the piece
  std::span<const std::byte> data_{};  ///< of the file, in hand
  std::shared_ptr<void> data_owner_{};

  std::optional<error> failure_{};
  bool in_file_{false};
  bool file_seen_{false};
  bool ended_{false};
};

}  // namespace wf::api
