#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "support/sim/world.hpp"

namespace wf::sim {

/// Bytes in order, taken from the front.
class byte_queue {
 public:
  void add(std::string_view bytes) { text_.append(bytes); }
  [[nodiscard]] std::size_t size() const noexcept { return text_.size() - taken_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::string_view front(std::size_t count) const noexcept {
    return std::string_view{text_}.substr(taken_, count);
  }
  void drop(std::size_t count) {
    taken_ += count;
    if (taken_ == text_.size()) {
      clear();
    } else if (taken_ > 65'536 && taken_ * 2 > text_.size()) {
      text_.erase(0, std::exchange(taken_, 0));
    }
  }
  void clear() noexcept {
    text_.clear();
    taken_ = 0;
  }

 private:
  std::string text_;
  std::size_t taken_{0};
};

/// What is wrong with a connection, decided when it is made. Bytes are counted from its first.
struct line_quality {
  std::uint64_t cut_up_at{~std::uint64_t{0}};    ///< reset when so many bytes of the client have arrived
  std::uint64_t cut_down_at{~std::uint64_t{0}};  ///< … of the server
  std::uint64_t stall_at{~std::uint64_t{0}};     ///< nothing moves for a while
  std::uint64_t silent_at{~std::uint64_t{0}};    ///< half open: from here on nothing arrives anywhere, nobody is told
  span_of_time stall{};
  std::uint32_t window_bytes{65'536};
  std::uint32_t step_bytes{16'384};  ///< arrives at a time, at most
  std::uint32_t latency_us{200};
};

/// One TCP connection, both its ends and what is under way between them.
struct link {
  line_quality quality{};
  int number{0};
  // Towards the server.
  byte_queue up_sent{};     ///< by the client, not yet arrived
  byte_queue up_arrived{};  ///< in the server's receive queue
  bool up_finished{false};  ///< the client has said its last
  bool up_fin_seen{false};  ///< and the server can know it
  bool deaf{false};         ///< the server has shut its receiving side
  std::uint64_t up_total{0};
  // Towards the client.
  byte_queue down_sent{};
  byte_queue down_arrived{};
  bool down_finished{false};
  bool down_fin_seen{false};
  std::uint64_t down_total{0};

  bool reset{false};  ///< for both
  bool silent{false};
  bool server_closed{false};
  bool client_closed{false};
  bool pumping_up{false};
  bool pumping_down{false};
  std::uint32_t low_water{1};
  unique_function<void()> server_news{};  ///< something changed that a waiting operation may want to see
  unique_function<void()> client_news{};

  [[nodiscard]] bool readable(std::uint32_t low) const noexcept {
    return reset || up_fin_seen || deaf || up_arrived.size() >= std::min(low, quality.window_bytes);
  }
  [[nodiscard]] std::size_t room_down() const noexcept {
    return down_sent.size() >= quality.window_bytes ? 0 : quality.window_bytes - down_sent.size();
  }
};
using link_ref = std::shared_ptr<link>;

/// How unreliable the network is: parts of a million, for each connection.
struct network_odds {
  std::uint64_t cut{0};
  std::uint64_t stall{0};
  std::uint64_t half_open{0};
  std::uint64_t tiny_window{0};
};

/// Moves bytes between clients and servers, in order within a connection and in any order between them.
class network {
 public:
  explicit network(world& in) noexcept : world_(in) {}

  network_odds odds{};

  /// What a listening socket has: connections nobody accepted yet, and who is told.
  struct backlog {
    std::deque<link_ref> waiting{};
    bool open{true};
    unique_function<void()> news{};
  };
  [[nodiscard]] std::shared_ptr<backlog> listen();
  void stop_listening(const std::shared_ptr<backlog>& one);

  [[nodiscard]] bool listening() const noexcept { return !listeners_.empty(); }
  /// Null: refused.
  [[nodiscard]] link_ref connect();
  void client_sends(const link_ref& on, std::string_view bytes);
  void client_finishes(const link_ref& on);
  /// Close: politely, or without a word to anybody.
  void client_closes(const link_ref& on, bool politely);

  [[nodiscard]] std::size_t server_sends(const link_ref& on, std::string_view bytes);
  void server_finishes(const link_ref& on);
  void server_closes(const link_ref& on);
  /// The server took bytes from its queue: more may arrive.
  void server_took(const link_ref& on);
  void reset(const link_ref& on);
  /// The machine of the server is gone with all its connections.
  void forget_server();

 private:
  [[nodiscard]] line_quality draw_quality();
  void pump_up(const link_ref& on);
  void pump_down(const link_ref& on);
  void arrive_up(const link_ref& on);
  void arrive_down(const link_ref& on);
  [[nodiscard]] span_of_time delay(link& on, std::uint64_t total, std::uint64_t next);
  static void tell(unique_function<void()>& who);

  world& world_;
  std::vector<std::shared_ptr<backlog>> listeners_;
  std::vector<std::weak_ptr<link>> links_;
  int numbered_{0};
};

}  // namespace wf::sim
