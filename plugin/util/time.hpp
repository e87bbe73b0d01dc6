// Moments and durations in the forms that Kubernetes and Go print.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kpr {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// RFC 3339 with any number of fraction digits and Z or an offset ("2026-11-24T12:00:00.123456Z");
// nothing else is accepted.
std::optional<Time> parse_rfc3339(std::string_view text);
std::string format_rfc3339(Time t);  // "2026-11-24T12:00:00Z", with .mmm only when it is not zero

// Go's time.Duration text: "1h2m3.5s", "130.845µs", "0s", "-3m". Fractions below a nanosecond are
// cut.
std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

// kubectl's --request-timeout: a bare integer is seconds, else a Go duration; "0" is no limit.
std::optional<std::chrono::nanoseconds> parse_kubectl_timeout(std::string_view text);

// kubectl's AGE column (HumanDuration): "60s", "2m59s", "10m", "3h5m", "2d3h", "104d", "3y20d".
std::string human_duration(std::chrono::seconds d);

}  // namespace kpr
