#include "util/time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace kpr {
namespace {

using namespace std::chrono;

// `width` digits at the front of `text`, taken away from it; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t width) {
  int value = 0;
  if (text.size() < width)
    return -1;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  const int y = take_digits(text, 4);
  if (y < 0 || !take(text, "-"))
    return std::nullopt;
  const int mo = take_digits(text, 2);
  if (mo < 0 || !take(text, "-"))
    return std::nullopt;
  const int d = take_digits(text, 2);
  if (d < 0 || !(take(text, "T") || take(text, "t") || take(text, " ")))
    return std::nullopt;
  const int h = take_digits(text, 2);
  if (h < 0 || h > 23 || !take(text, ":"))
    return std::nullopt;
  const int mi = take_digits(text, 2);
  if (mi < 0 || mi > 59 || !take(text, ":"))
    return std::nullopt;
  const int s = take_digits(text, 2);
  if (s < 0 || s > 60)
    return std::nullopt;
  int ms = 0;
  if (take(text, ".")) {
    int scale = 100;
    std::size_t n = 0;
    while (n < text.size() && text[n] >= '0' && text[n] <= '9') {
      ms += (text[n] - '0') * scale;
      scale /= 10;
      ++n;
    }
    if (n == 0)
      return std::nullopt;
    text.remove_prefix(n);
  }
  minutes offset{0};
  if (!(take(text, "Z") || take(text, "z"))) {
    const int sign = take(text, "+") ? 1 : take(text, "-") ? -1 : 0;
    const int oh = sign == 0 ? -1 : take_digits(text, 2);
    if (oh < 0 || !take(text, ":"))
      return std::nullopt;
    const int om = take_digits(text, 2);
    if (om < 0)
      return std::nullopt;
    offset = minutes{sign * (oh * 60 + om)};
  }
  const year_month_day date{
      year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!text.empty() || !date.ok())
    return std::nullopt;
  return Time{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms} - offset;
}

std::string format_rfc3339(Time t) {
  const auto days = floor<std::chrono::days>(t);
  const year_month_day date{days};
  const hh_mm_ss clock{t - days};
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                                int{date.year()},
                                unsigned{date.month()},
                                unsigned{date.day()},
                                clock.hours().count(),
                                clock.minutes().count(),
                                clock.seconds().count());
  if (clock.subseconds().count() != 0)
    out += fmt::format(".{:03}", clock.subseconds().count());
  return out + "Z";
}

std::optional<nanoseconds> parse_go_duration(std::string_view text) {
  const bool negative = take(text, "-");
  if (!negative)
    take(text, "+");
  if (text == "0")
    return nanoseconds{0};
  if (text.empty())
    return std::nullopt;
  constexpr std::int64_t k_limit = INT64_MAX / 2;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::uint64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    const bool has_whole = error == std::errc{};
    if (error == std::errc::result_out_of_range)
      return std::nullopt;
    if (has_whole)
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    double fraction = 0;
    bool has_fraction = false;
    if (take(text, ".")) {
      double scale = 0.1;
      while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        fraction += (text[0] - '0') * scale;
        scale /= 10;
        has_fraction = true;
        text.remove_prefix(1);
      }
    }
    if (!has_whole && !has_fraction)
      return std::nullopt;
    double unit = 0;
    if (take(text, "ns"))
      unit = 1;
    else if (take(text, "us") || take(text, "\u00b5s") || take(text, "\u03bcs"))
      unit = 1e3;
    else if (take(text, "ms"))
      unit = 1e6;
    else if (take(text, "s"))
      unit = 1e9;
    else if (take(text, "m"))
      unit = 60e9;
    else if (take(text, "h"))
      unit = 3600e9;
    else
      return std::nullopt;
    if (static_cast<double>(whole) * unit > static_cast<double>(k_limit))
      return std::nullopt;
    total += static_cast<std::int64_t>(whole) * static_cast<std::int64_t>(unit) +
             static_cast<std::int64_t>(fraction * unit + 1e-3);
    if (total > k_limit)
      return std::nullopt;
  }
  return nanoseconds{negative ? -total : total};
}

std::optional<nanoseconds> parse_kubectl_timeout(std::string_view text) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc{} && end == text.data() + text.size()) {
    if (whole < 0 || whole > 100'000'000)
      return std::nullopt;
    return seconds{whole};
  }
  const auto duration = parse_go_duration(text);
  if (!duration || *duration < nanoseconds{0})
    return std::nullopt;
  return duration;
}

// As k8s.io/apimachinery/pkg/util/duration.HumanDuration.
std::string human_duration(seconds d) {
  const std::int64_t s = d.count();
  if (s < -1)
    return "<invalid>";
  if (s < 0)
    return "0s";
  if (s < 120)
    return fmt::format("{}s", s);
  const std::int64_t m = s / 60;
  if (m < 10)
    return s % 60 == 0 ? fmt::format("{}m", m) : fmt::format("{}m{}s", m, s % 60);
  if (m < 180)
    return fmt::format("{}m", m);
  const std::int64_t h = m / 60;
  if (h < 8)
    return m % 60 == 0 ? fmt::format("{}h", h) : fmt::format("{}h{}m", h, m % 60);
  if (h < 48)
    return fmt::format("{}h", h);
  const std::int64_t days = h / 24;
  if (h < 192)
    return h % 24 == 0 ? fmt::format("{}d", days) : fmt::format("{}d{}h", days, h % 24);
  if (days < 365 * 2)
    return fmt::format("{}d", days);
  const std::int64_t years = days / 365;
  if (days < 365 * 8)
    return days % 365 == 0 ? fmt::format("{}y", years) : fmt::format("{}y{}d", years, days % 365);
  return fmt::format("{}y", years);
}

}  // namespace kpr
