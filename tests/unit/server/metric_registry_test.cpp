// Counts from several threads come out as one, in the format Prometheus reads.
#include "waveforge/server/metric_registry.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace wf::server {
namespace {

TEST(metric_registry, counts_of_all_threads_are_put_together) {
  metric_registry numbers;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&numbers] {
      for (int j = 0; j < 1'000; ++j) numbers.add(counter::requests, 2);
    });
  }
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(numbers.value(counter::requests), 40'000U);
}

TEST(metric_registry, text_has_help_type_and_value) {
  metric_registry numbers;
  numbers.add(counter::rounds, 3);
  numbers.shift(gauge::connections_open, 5);
  numbers.shift(gauge::connections_open, -2);
  const std::string text = numbers.text();
  EXPECT_NE(text.find("# HELP waveforge_rounds_total "), std::string::npos);
  EXPECT_NE(text.find("# TYPE waveforge_rounds_total counter\nwaveforge_rounds_total 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nwaveforge_connections_open 3\n"), std::string::npos);
  EXPECT_NE(text.find("\nprocess_resident_memory_bytes "), std::string::npos);
}

TEST(metric_registry, histograms_are_cumulative) {
  metric_registry numbers;
  numbers.observe(timing::request, 0.0002);
  numbers.observe(timing::request, 0.002);
  numbers.observe(timing::request, 100);
  const std::string text = numbers.text();
  EXPECT_NE(text.find("waveforge_request_seconds_bucket{le=\"0.0001\"} 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("waveforge_request_seconds_bucket{le=\"0.003\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("waveforge_request_seconds_bucket{le=\"60\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("waveforge_request_seconds_bucket{le=\"+Inf\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("waveforge_request_seconds_count 3\n"), std::string::npos);
}

}  // namespace
}  // namespace wf::server
