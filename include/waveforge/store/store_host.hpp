#pragma once

#include <memory>
#include <string>

#include "waveforge/store/options.hpp"
#include "waveforge/store/store.hpp"

namespace wf::store {

/// A file_store with the two threads it needs: the committer's and the background one. Made at start-up, on any thread
/// that is not a ring's; calls here block.
class store_host {
 public:
  /// Claim the data dir, open the facts, resume what was interrupted. Errors are sentences for the operator.
  [[nodiscard]] static result<std::unique_ptr<store_host>> open(const environment& world, const options& with);
  ~store_host();

  [[nodiscard]] store& serving() noexcept;
  /// Note in .lock where the server listens, and the path of plain tus uploads there ("/tus").
  void announce(std::string address, std::string tus_base);
  /// After the last request: seal everything, end the threads. Also done by the destructor.
  void close();

 private:
  struct parts;
  explicit store_host(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace wf::store
