# What was written but not vouched for still counts after the file system was mounted anew.
set(source src/store/identity.cpp)
set(from_1 [==[const bool only_process_died = before && same_place(*before, dir.now) && !before->failed_sync;]==])
set(to_1 [==[static_cast<void>(same_place);
  const bool only_process_died = before.has_value();]==])
