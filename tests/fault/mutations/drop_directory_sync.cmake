# New names are not synced with the directory that holds them.
set(source src/store/committer.cpp)
set(from_1 [==[outcome = co_await directory->handle.sync();]==])
set(to_1 [==[outcome = {};
  co_return;]==])
