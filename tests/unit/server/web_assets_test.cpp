// Every embedded page can be served as it is: a path to find it by, a type, an entity tag and a body.
#include <gtest/gtest.h>
#include <algorithm>
#include <waveforge/server/web_assets.hpp>

namespace wf::server {
namespace {

// Proves that a server built with or without the pages has something to show at "/".
TEST(web_assets, the_page_is_always_there) {
  const auto assets = web_assets();
  const auto page = std::ranges::find(assets, "/", &web_asset::path);
  ASSERT_NE(page, assets.end());
  EXPECT_EQ(page->media_type, "text/html; charset=utf-8");
  EXPECT_EQ(page->cache_control, "no-cache");
  EXPECT_FALSE(page->body.empty());
}

// Proves what a handler relies on when it copies the members into field values.
TEST(web_assets, members_are_ready_to_send) {
  const auto assets = web_assets();
  EXPECT_TRUE(std::ranges::is_sorted(assets, {}, &web_asset::path));
  for (const auto& asset : assets) {
    SCOPED_TRACE(asset.path);
    EXPECT_TRUE(asset.path.starts_with('/'));
    EXPECT_FALSE(asset.media_type.empty());
    EXPECT_EQ(asset.cache_control.ends_with("immutable"), asset.path.starts_with("/assets/"));
    EXPECT_EQ(asset.etag.size(), 34U);
    EXPECT_TRUE(asset.etag.starts_with('"') && asset.etag.ends_with('"'));
    if (!asset.gzip_body.empty()) {
      EXPECT_LT(asset.gzip_body.size(), asset.body.size());
      EXPECT_EQ(asset.gzip_body[0], std::byte{0x1f});
      EXPECT_EQ(asset.gzip_body[1], std::byte{0x8b});
    }
  }
}

}  // namespace
}  // namespace wf::server
