# A round writes what it says about bytes before the bytes are on stable storage.
set(source src/store/committer.cpp)
set(from_1 [==[if (outcome) outcome = co_await sync_all(requests);]==])
set(to_1 [==[]==])
set(from_2 [==[  } else if (!failed()) {]==])
set(to_2 [==[    if (outcome) outcome = co_await sync_all(requests);
  } else if (!failed()) {]==])
