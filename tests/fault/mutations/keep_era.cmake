# What was written but not vouched for still counts after the file system was mounted anew.
set(source src/store/identity.cpp)
set(from_1 [==[const bool only_process_died = before && era_outlives_process(*before, dir.now);]==])
set(to_1 [==[const bool only_process_died = before.has_value();]==])
