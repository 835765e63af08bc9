#pragma once

#include <string>

namespace wf {

/// Everything counted so far, as Prometheus reads it. Implemented in `server`; what GET /metrics answers with.
class exposition {
 public:
  virtual ~exposition() = default;
  /// Text format 0.0.4. Thread-safe; takes about a millisecond.
  [[nodiscard]] virtual std::string text() const = 0;
};

}  // namespace wf
