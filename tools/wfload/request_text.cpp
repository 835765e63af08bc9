#include "wfload/request_text.hpp"

#include <fmt/format.h>

#include "wfload/base64.hpp"

namespace wf::load {

request_text::request_text(const options& how, const target& to)
    : base_{to.path},
      host_line_{fmt::format("Host: {}\r\n", to.authority)},
      tus_line_{"Tus-Resumable: 1.0.0\r\n"},
      sessions_{how.speak == protocol::session},
      chunk_size_key_{how.chunk_size_key && how.lengths != chunk_lengths::random},
      chunk_bytes_{how.chunk_bytes} {
  if (how.speak == protocol::tus && base_.empty()) base_ = "/tus";
  if (how.speak == protocol::put) tus_line_.clear();
}

std::string request_text::session_path(const recording& of) const {
  return fmt::format("{}/files/{}", base_, of.name());
}

std::string request_text::put_path(const recording& of, std::uint32_t index) const {
  return fmt::format("{}/{}-{}", base_, of.name(), index);
}

std::string request_text::create(const recording& of, std::uint32_t index, std::uint64_t length_bytes,
                                 bool tells_total) const {
  std::string metadata;
  if (sessions_) {
    metadata = fmt::format("chunkIndex {},format {}", base64(std::to_string(index)), base64("audio/webm"));
    if (chunk_size_key_) metadata += ",chunkSize " + base64(std::to_string(chunk_bytes_));
    if (tells_total) metadata += ",totalChunks " + base64(std::to_string(of.chunks()));
  } else {
    metadata = fmt::format("filename {}", base64(fmt::format("{}-{}", of.name(), index)));
  }
  const std::string path = sessions_ ? session_path(of) + "/chunks/" : base_ + "/";
  return fmt::format("POST {} HTTP/1.1\r\n{}{}Upload-Length: {}\r\nUpload-Metadata: {}\r\nContent-Length: 0\r\n\r\n",
                     path, host_line_, tus_line_, length_bytes, metadata);
}

std::string request_text::patch(const std::string& path, std::uint64_t offset_bytes, std::uint64_t length_bytes) const {
  return fmt::format(
      "PATCH {} HTTP/1.1\r\n{}{}Upload-Offset: {}\r\nContent-Type: application/offset+octet-stream\r\n"
      "Content-Length: {}\r\n\r\n",
      path, host_line_, tus_line_, offset_bytes, length_bytes);
}

std::string request_text::head(const std::string& path) const {
  return fmt::format("HEAD {} HTTP/1.1\r\n{}{}\r\n", path, host_line_, tus_line_);
}

std::string request_text::get(const std::string& path) const {
  return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", path, host_line_);
}

std::string request_text::put(const std::string& path, std::uint64_t length_bytes) const {
  return fmt::format("PUT {} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n", path, host_line_, length_bytes);
}

std::string request_text::remove(const std::string& path) const {
  return fmt::format("DELETE {} HTTP/1.1\r\n{}{}\r\n", path, host_line_, tus_line_);
}

std::string request_text::assemble(const recording& of, std::optional<std::uint32_t> total) const {
  const std::string body = total ? fmt::format("{{\"total_chunks\":{}}}", *total) : std::string{};
  return fmt::format("POST {}/assemble HTTP/1.1\r\n{}{}Content-Length: {}\r\n\r\n{}", session_path(of), host_line_,
                     body.empty() ? "" : "Content-Type: application/json\r\n", body.size(), body);
}

}  // namespace wf::load
