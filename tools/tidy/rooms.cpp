#include "rooms.hpp"

#include <algorithm>
#include <array>

namespace wf::tidy {

namespace {

using names = std::string_view;

constexpr std::array know_http{names{"base"}};
constexpr std::array know_tus{names{"http"}, names{"base"}};
constexpr std::array know_session{names{"base"}};
constexpr std::array know_io{names{"base"}};
constexpr std::array know_store{names{"io"}, names{"session"}, names{"base"}};
constexpr std::array know_api{names{"store"}, names{"session"}, names{"tus"},
                              names{"http"},  names{"io"},      names{"base"}};
constexpr std::array know_net{names{"api"}, names{"http"}, names{"io"}, names{"base"}};
constexpr std::array know_server{names{"net"}, names{"api"},  names{"store"}, names{"session"},
                                 names{"tus"}, names{"http"}, names{"io"},    names{"base"}};

constexpr std::array house{
    room{"base", true, {}},
    room{"http", true, know_http},
    room{"tus", true, know_tus},
    room{"session", true, know_session},
    room{"io", false, know_io},
    room{"store", false, know_store},
    room{"api", false, know_api},
    room{"net", false, know_net},
    room{"server", false, know_server},
};

constexpr std::array nobody{names{"-"}};
constexpr std::array only_io{names{"io"}};
constexpr std::array only_server{names{"server"}};
constexpr std::array only_store{names{"store"}};
constexpr std::array suspending{names{"io"}, names{"store"}, names{"api"}, names{"net"}, names{"server"}};
constexpr std::array sockets{names{"io"}, names{"net"}, names{"server"}};
constexpr std::array system_calls{names{"io"}, names{"store"}, names{"net"}, names{"server"}};
constexpr std::array crypto{names{"store"}, names{"api"}, names{"net"}, names{"server"}};
constexpr std::array files{names{"io"}, names{"store"}, names{"server"}};

constexpr std::string_view second_loop = "it brings a second event loop; use the room io";

// The first rule whose prefix fits decides, so the narrow ones stand before the wide ones.
constexpr std::array rules{
    outside_rule{"boost/asio/io_context", nobody, second_loop},
    outside_rule{"boost/asio/ip/", nobody, second_loop},
    outside_rule{"boost/asio/steady_timer", nobody, "it starts a hidden thread; use a ring timer of io"},
    outside_rule{"boost/asio/system_timer", nobody, "it starts a hidden thread; use a ring timer of io"},
    outside_rule{"boost/asio/detached", only_io, "its handler forgets failures; use a task_scope"},
    outside_rule{"boost/beast", nobody, "the HTTP grammar is the room http"},
    outside_rule{"boost/", suspending, "pure rooms build without Boost"},
    outside_rule{"liburing", only_io, "the ring is spoken to by io alone"},
    outside_rule{"linux/io_uring", only_io, "the ring is spoken to by io alone"},
    outside_rule{"rocksdb/", only_store, "RocksDB stands behind the facts interface of store"},
    outside_rule{"spdlog/", only_server, "rooms log through base/log.hpp"},
    outside_rule{"prometheus/", only_server, "rooms count through base/metrics.hpp"},
    outside_rule{"CLI/", only_server, "options are declared in server"},
    outside_rule{"openssl/", crypto, "pure rooms compute nothing from a library with state"},
    outside_rule{"sys/socket", sockets, "sockets belong to io"},
    outside_rule{"sys/un.h", sockets, "sockets belong to io"},
    outside_rule{"netinet/", sockets, "sockets belong to io"},
    outside_rule{"arpa/", sockets, "sockets belong to io"},
    outside_rule{"netdb.h", sockets, "sockets belong to io"},
    outside_rule{"sys/", system_calls, "the kernel is reached through io"},
    outside_rule{"linux/", system_calls, "the kernel is reached through io"},
    outside_rule{"unistd.h", system_calls, "the kernel is reached through io"},
    outside_rule{"fcntl.h", system_calls, "the kernel is reached through io"},
    outside_rule{"poll.h", system_calls, "the kernel is reached through io"},
    outside_rule{"thread", suspending, "pure rooms know no threads"},
    outside_rule{"fstream", files, "files are reached through io"},
    outside_rule{"filesystem", files, "files are reached through io"},
};

}  // namespace

std::span<const room> rooms() {
  return house;
}

const room* find_room(std::string_view name) {
  const auto found = std::ranges::find(house, name, &room::name);
  return found == house.end() ? nullptr : &*found;
}

const room* room_of(std::string_view path) {
  if (path.starts_with("include/")) return find_room(included_room(path.substr(8)));
  if (!path.starts_with("src/")) return nullptr;
  path.remove_prefix(4);
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? nullptr : find_room(path.substr(0, slash));
}

std::string_view included_room(std::string_view target) {
  constexpr std::string_view prefix = "waveforge/";
  if (!target.starts_with(prefix)) return {};
  target.remove_prefix(prefix.size());
  return target.substr(0, target.find('/'));
}

std::span<const outside_rule> outside_rules() {
  return rules;
}

}  // namespace wf::tidy
