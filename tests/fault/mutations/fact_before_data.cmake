# A round writes what it says about bytes before the bytes are on stable storage.
set(source src/store/committer.cpp)
set(from_1 [==[  if (!failed()) outcome = co_await sync_all(syncing_);]==])
set(to_1 [==[  for (const auto& one : syncing_) (void)rows_.apply(one->request.rows, true);
  if (!failed()) outcome = co_await sync_all(syncing_);]==])
