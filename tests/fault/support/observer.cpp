#include "fault/support/observer.hpp"

#include <fmt/format.h>

#include <charconv>

#include "support/raw_client.hpp"

namespace wf::test {
namespace {

std::uint64_t removals_of(recording_note& of) {
  const std::lock_guard lock{of.mutex};
  return of.removals;
}

}  // namespace

void observer::look(recording_note& of) {
  const std::uint64_t removals = removals_of(of);
  book_.seen(of, client_.status(of.session), removals);
}

void observer::watch(recording_note& of, std::chrono::milliseconds span) {
  const std::uint64_t removals = removals_of(of);
  raw_client stream{port_};
  stream.send(fmt::format("GET /files/{}/events HTTP/1.1\r\nHost: x\r\n\r\n", of.session));
  std::string text;
  const auto take = [&](std::span<const std::byte> piece) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    for (std::size_t end = 0; (end = text.find("\n\n")) != std::string::npos;) {
      const std::string_view event{text.data(), end};
      const std::size_t name = event.find("event: ");
      const std::size_t data = event.find("\ndata: ");
      if (name != std::string_view::npos && data != std::string_view::npos) {
        take_event(of, event.substr(name + 7, data - name - 7), event.substr(data + 7), removals);
      }
      text.erase(0, end + 2);
    }
  };
  try {
    (void)stream.receive(false, span, take);
  } catch (const std::runtime_error&) {
    // The time is up: a stream of events has no end.
  }
}

void observer::take_event(recording_note& of, std::string_view name, std::string_view data, std::uint64_t removals) {
  if (removals_of(of) != removals) return;
  if (name == "assembled") return book_.assembled(of);
  if (name != "chunk") return;
  const std::size_t colon = data.find(':');
  std::uint32_t index = 0;
  const auto [end, failure] = std::from_chars(data.data() + colon + 1, data.data() + data.size(), index);
  if (failure == std::errc{} && index < of.chunks.size()) book_.told(of, index, of.chunks[index].length_bytes, "event");
}

}  // namespace wf::test
