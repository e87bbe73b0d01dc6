#include "finding/finding.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::finding {

std::string_view to_string(Severity severity) {
  switch (severity) {
  case Severity::critical:
    return "critical";
  case Severity::error:
    return "error";
  case Severity::warn:
    return "warn";
  case Severity::info:
    break;
  }
  return "info";
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (const Severity s : {Severity::critical, Severity::error, Severity::warn, Severity::info})
    if (text == to_string(s))
      return s;
  if (text == "warning")
    return Severity::warn;
  return std::nullopt;
}

void tidy_evidence(std::vector<Proof>& evidence) {
  constexpr std::size_t k_most = 6;
  std::vector<Proof> out;
  std::vector<std::size_t> times;
  for (Proof& proof : evidence) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const Proof& p) {
      return p.text == proof.text;
    });
    if (same != out.end()) {
      ++times[static_cast<std::size_t>(same - out.begin())];
      continue;
    }
    out.push_back(std::move(proof));
    times.push_back(1);
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    if (times[i] > 1)
      out[i].source += " and " + std::to_string(times[i] - 1) + " more";
  if (out.size() > k_most)
    out.resize(k_most);
  evidence = std::move(out);
}

void complete(Finding& f, const Values& cluster) {
  std::sort(f.nodes.begin(), f.nodes.end(), [](const auto& a, const auto& b) {
    return natural_less(a, b);
  });
  f.nodes.erase(std::unique(f.nodes.begin(), f.nodes.end()), f.nodes.end());
  if (!f.nodes.empty())
    f.values.fill({{"node", f.nodes.front()}, {"nodes", f.nodes}});
  f.values.fill(cluster);
  for (Steps* steps : {&f.fix, &f.verify})
    for (Step& step : *steps)
      step.fill(f.values);
}

}  // namespace kpr::finding
