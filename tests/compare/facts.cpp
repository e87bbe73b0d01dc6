#include "facts.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>

#include "unprinted.hpp"

namespace kpr::compare {
namespace {

using nlohmann::json;

const char* const kNever = "never";
const std::string kMarker = "{}";

bool tri_state(const std::string& key) {
  return key == "service-exports-enabled" || key == "service-exports" || key == "endpoint-slices";
}

// What Cilium's JSON leaves out or may leave out: null, "", 0, false, empty lists. Empty objects
// stay: they say "the line is there".
void drop_zero_values(json& value) {
  if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) {
      drop_zero_values(it.value());
      const auto& v = it.value();
      const bool zero = v.is_null() || (v.is_string() && v.get_ref<const std::string&>().empty()) ||
                        (v.is_boolean() && !v.get<bool>() && !tri_state(it.key())) ||
                        (v.is_number() && v.get<double>() == 0) || (v.is_array() && v.empty());
      it = zero ? value.erase(it) : std::next(it);
    }
  } else if (value.is_array()) {
    json kept = json::array();
    for (auto& v : value) {
      drop_zero_values(v);
      if (!(v.is_string() && v.get_ref<const std::string&>().empty()))
        kept.push_back(std::move(v));
    }
    value = std::move(kept);
  }
}

// "49h0m3s", "1m36.5s", "130.845µs" -> seconds
std::optional<double> go_seconds(std::string text) {
  if (text.ends_with(" ago"))
    text.resize(text.size() - 4);
  double total = 0;
  std::size_t i = 0;
  if (text.empty())
    return std::nullopt;
  while (i < text.size()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), number);
    if (error != std::errc{})
      return std::nullopt;
    i = static_cast<std::size_t>(end - text.data());
    std::size_t j = i;
    while (j < text.size() && !(text[j] >= '0' && text[j] <= '9'))
      ++j;
    const auto unit = text.substr(i, j - i);
    if (unit == "h")
      total += number * 3600;
    else if (unit == "m")
      total += number * 60;
    else if (unit == "s")
      total += number;
    else if (unit == "ms")
      total += number / 1e3;
    else if (unit == "µs" || unit == "us")
      total += number / 1e6;
    else if (unit == "ns")
      total += number / 1e9;
    else
      return std::nullopt;
    i = j;
  }
  return total;
}

// RFC 3339 in UTC -> milliseconds
std::optional<long long> timestamp_ms(const std::string& text) {
  std::tm t{};
  double seconds = 0;
  if (std::sscanf(text.c_str(),
                  "%d-%d-%dT%d:%d:%lfZ",
                  &t.tm_year,
                  &t.tm_mon,
                  &t.tm_mday,
                  &t.tm_hour,
                  &t.tm_min,
                  &seconds) != 6)
    return std::nullopt;
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return static_cast<long long>(timegm(&t)) * 1000 + static_cast<long long>(seconds * 1000 + 0.5);
}

std::string string_at(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}
long long number_at(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_number()
             ? object[key].get<long long>()
             : 0;
}

// A time becomes "never", "@<ms>" (from Cilium's JSON) or "-<s>" (from the text); sort_time orders
// both kinds youngest first.
std::string original_time(const std::string& timestamp) {
  if (timestamp.empty() || timestamp.starts_with("0001-01-01"))
    return kNever;
  const auto ms = timestamp_ms(timestamp);
  return ms ? "@" + std::to_string(*ms) : timestamp;
}
std::string our_time(const std::string& ago) {
  if (ago == kNever)
    return kNever;
  const auto s = go_seconds(ago);
  return s ? "-" + std::to_string(static_cast<long long>(*s)) : ago;
}
long long sort_time(const std::string& time) {
  if (time.starts_with("@"))
    return -std::stoll(time.substr(1)) / 1000;
  if (time.starts_with("-"))
    return std::stoll(time.substr(1));
  return 1LL << 60;
}

void sort_lists(json& status) {
  if (status.contains("controllers")) {
    auto& list = status["controllers"];
    std::sort(list.begin(), list.end(), [](const json& a, const json& b) {
      const auto key = [](const json& c) {
        static const json none = json::object();
        const json& s = c.contains("status") ? c["status"] : none;
        return std::tuple(string_at(c, "name"),
                          number_at(s, "consecutive-failure-count"),
                          string_at(s, "last-failure-msg"),
                          sort_time(string_at(s, "last-success")),
                          sort_time(string_at(s, "last-failure")));
      };
      return key(a) < key(b);
    });
  }
  if (status.contains("kubernetes") && status["kubernetes"].contains("k8s-api-versions")) {
    auto& list = status["kubernetes"]["k8s-api-versions"];
    std::sort(list.begin(), list.end());
  }
  if (status.contains("proxy") && status["proxy"].contains("redirects")) {
    auto& list = status["proxy"]["redirects"];
    std::sort(list.begin(), list.end(), [](const json& a, const json& b) {
      return a.dump() < b.dump();
    });
  }
}

std::string printed_value(const std::string& path, const json& value) {
  char buffer[64];
  if (path.ends_with("dynamic-size-ratio"))
    return std::snprintf(buffer, sizeof buffer, "%.6f", value.get<double>()), buffer;
  if (path.ends_with("flows-per-second"))
    return std::snprintf(buffer, sizeof buffer, "%.2f", value.get<double>()), buffer;
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void flatten(const json& value, const std::string& path, Facts& out) {
  if (value.is_object()) {
    if (value.empty() && !path.empty())
      out[path] = kMarker;
    for (const auto& [key, v] : value.items())
      flatten(v, path.empty() ? key : path + "." + key, out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      flatten(value[i], path + "[" + std::to_string(i) + "]", out);
  } else {
    out[path] = printed_value(path, value);
  }
}

// The names that the text prints: of deviceList from 1.10, of devices before.
json device_names(const json& replacement, const Form& form) {
  if (form.version.minor < 10)
    return replacement.contains("devices") ? replacement["devices"] : json::array();
  json names = json::array();
  if (replacement.contains("deviceList"))
    for (const auto& d : replacement["deviceList"])
      names.push_back(string_at(d, "name"));
  return names;
}

// Cilium's own JSON, with the facts that the text states in another form put the way the text
// states them.
void restate(json& s, const Form& form) {
  if (s.contains("hubble")) {
    auto& hubble = s["hubble"];
    if (hubble.contains("metrics")) {  // up to 1.17; the text has the same word for both places
      s["hubble-metrics"] = hubble["metrics"];
      hubble.erase("metrics");
    }
    if (hubble.contains("observer")) {
      auto& o = hubble["observer"];
      const auto uptime = go_seconds(string_at(o, "uptime"));
      if (number_at(o, "seen-flows") > 0 && uptime && *uptime > 0)
        o["flows-per-second"] = static_cast<double>(number_at(o, "seen-flows")) / *uptime;
      if (!o.contains("flows-per-second") &&
          (!o.contains("current-flows") || !o.contains("max-flows")))
        hubble.erase("observer");
    }
  }
  for (auto& c : s.contains("controllers") ? s["controllers"] : s["none"]) {
    if (!c.contains("status"))
      continue;
    auto& status = c["status"];
    for (const char* key : {"last-success", "last-failure"}) {
      const auto stamp = std::string(key) + "-timestamp";
      status[key] = original_time(string_at(status, stamp.c_str()));
      status.erase(stamp);
    }
  }
  s.erase("none");
  if (s.contains("cluster-mesh") && s["cluster-mesh"].contains("clusters")) {
    auto& mesh = s["cluster-mesh"];
    long long ready = 0;
    for (auto& c : mesh["clusters"]) {
      ready += c.contains("ready");
      if (c.contains("last-failure"))
        c["last-failure"] = original_time(string_at(c, "last-failure"));
    }
    if (ready > 0)
      mesh["clusters-ready"] = ready;
    mesh["clusters-total"] = mesh["clusters"].size();
  }
  if (s.contains("masquerading")) {
    auto& m = s["masquerading"];
    if (form.version.minor >= 10 &&
        m.contains(
            "enabledProtocols")) {  // the protocols decide what is printed, whatever `enabled` says
      if (m["enabledProtocols"].empty())
        m.erase("enabled");
      else
        m["enabled"] = true;
    }
    const bool printed =
        m.contains("enabled") && (form.version.minor < 10 || m.contains("enabledProtocols"));
    if (printed && string_at(m, "mode") == "BPF" && s.contains("kube-proxy-replacement"))
      m["devices"] = device_names(s["kube-proxy-replacement"], form);
  }
  if (s.contains("datapath-mode")) {
    const auto mode = string_at(s, "datapath-mode");
    if (mode != "veth" && mode != "netkit" && mode != "netkit-l2")
      s["datapath-mode"] = "?";
  }
  if (s.contains("kube-proxy-replacement") &&
      form.version.minor >= 10) {  // our `devices` are the names in the printed list
    auto& k = s["kube-proxy-replacement"];
    k["devices"] = device_names(k, form);
  }
  if (s.contains("cluster") && !s["cluster"].contains("ciliumHealth"))
    s.erase("cluster");
}

struct Walk {
  const json& root;
  const Form& form;
  Expected& out;

  const Rule* rule_for(const std::string& path, const json& parent, const json& value) const {
    for (const auto& rule : unprinted_rules())
      if (rule.since <= form.version.minor && form.version.minor <= rule.until &&
          path_matches(rule.path, path) &&
          (rule.when == nullptr || rule.when(Where{root, parent, value, form})))
        return &rule;
    return nullptr;
  }
  bool drop(const std::string& path, const json& parent, const json& value) const {
    const auto* rule = rule_for(path, parent, value);
    if (rule == nullptr)
      return false;
    const auto before = out.unprinted.size();
    flatten(value, path, out.unprinted);
    out.reasons[std::string(rule->path) + ": " + rule->reason] +=
        static_cast<int>(out.unprinted.size() - before);
    return true;
  }
  json keep(const std::string& path, const json& parent, const json& value) const {
    if (value.is_object()) {
      json kept = json::object();
      for (const auto& [key, v] : value.items()) {
        const auto name = path.empty() ? key : path + "." + key;
        if (!drop(name, value, v))
          kept[key] = keep(name, value, v);
      }
      return kept;
    }
    if (value.is_array()) {
      json kept = json::array();
      for (std::size_t i = 0; i < value.size(); ++i) {
        const auto name = path + "[" + std::to_string(i) + "]";
        if (!drop(name, parent, value[i]))
          kept.push_back(keep(name, parent, value[i]));
      }
      return kept;
    }
    return value;
  }
};

// What is printed when Cilium's JSON has no such key: "NodeMonitor: Disabled", "No managed proxy
// redirect", a table without rows, and a default.
bool printed_though_absent(const std::string& path, const std::string& value) {
  if (path.ends_with("endpoint-slices-export-mode"))
    return value == "services-only";
  return value == kMarker &&
         (path == "nodeMonitor" || path == "proxy" || path == "identity-range" ||
          path == "controllers-summary" || path == "cluster-mesh" || path == "ipam.allocations");
}

// Counted or measured afresh at each call, so they differ between a text and a JSON taken seconds
// apart.
bool moves_in_time(const std::string& path) {
  return path.starts_with("hubble.observer.") || path.starts_with("nodeMonitor.lost") ||
         path.ends_with(".last-success") || path.ends_with(".last-failure");
}

}  // namespace

Version parse_version(const std::string& folder) {
  Version v;
  int major = 0;
  if (std::sscanf(folder.c_str(), "%d.%d.%d", &major, &v.minor, &v.patch) < 2 &&
      std::sscanf(folder.c_str(), "v%d.%d.%d", &major, &v.minor, &v.patch) < 2)
    return {};
  return v;
}

Expected expected_facts(json original, const Form& form) {
  drop_zero_values(original);
  Expected out;
  const bool any_controllers = original.contains("controllers");
  long long healthy = 0, total = 0;
  if (any_controllers)
    for (const auto& c : original["controllers"]) {
      ++total;
      healthy += !(c.contains("status") && number_at(c["status"], "consecutive-failure-count") > 0);
    }
  restate(original, form);
  Walk walk{original, form, out};
  json kept = walk.keep("", original, original);
  if (any_controllers)
    kept["controllers-summary"] = {{"healthy", healthy}, {"total", total}};
  drop_zero_values(kept);
  sort_lists(kept);
  flatten(kept, "", out.printed);
  return out;
}

Facts our_facts(json ours) {
  for (const char* key : {"kpr-parse", "cluster-health", "modules-health"})
    ours.erase(key);
  drop_zero_values(ours);
  if (ours.contains("hubble") && ours["hubble"].contains("metrics")) {
    ours["hubble-metrics"] = ours["hubble"]["metrics"];
    ours["hubble"].erase("metrics");
  }
  const auto move_time = [](json& object, const char* from, const char* to) {
    if (!object.contains(from))
      return;
    object[to] = our_time(string_at(object, from));
    object.erase(from);
  };
  if (ours.contains("controllers"))
    for (auto& c : ours["controllers"])
      if (c.contains("status")) {
        move_time(c["status"], "last-success-ago", "last-success");
        move_time(c["status"], "last-failure-ago", "last-failure");
      }
  if (ours.contains("cluster-mesh") && ours["cluster-mesh"].contains("clusters"))
    for (auto& c : ours["cluster-mesh"]["clusters"])
      move_time(c, "last-failure-ago", "last-failure");
  sort_lists(ours);
  Facts out;
  flatten(ours, "", out);
  return out;
}

Comparison compare(const json& original, const json& ours, const Form& form, int seconds_apart) {
  Comparison result;
  const auto expected = expected_facts(original, form);
  const auto facts = our_facts(ours);
  result.reasons = expected.reasons;
  struct Age {
    std::string path;
    long long
        first_ms;  // the earliest moment at which this age is printed; it holds for one second
  };
  std::vector<Age> ages;
  for (const auto& [path, value] : expected.printed) {
    ++result.compared;
    const auto it = facts.find(path);
    if (it == facts.end()) {
      const bool object_there = value == kMarker && facts.lower_bound(path + ".") != facts.end() &&
                                facts.lower_bound(path + ".")->first.starts_with(path + ".");
      if (object_there)
        ++result.equal;  // its content is judged below
      else
        result.misses.push_back("missing  " + path + " = " + value);
    } else if (value.starts_with("@") && it->second.starts_with("-")) {
      ages.push_back({path, std::stoll(value.substr(1)) + std::stoll(it->second.substr(1)) * 1000});
    } else if (it->second == value || (seconds_apart > 0 && moves_in_time(path))) {
      ++result.equal;
    } else {
      result.misses.push_back("differs  " + path + ": expected " + value + ", got " + it->second);
    }
  }
  // All ages of one text refer to one moment: the one that most of them allow.
  long long now = 0, best = -1;
  const long long tolerance = 1000LL * seconds_apart;
  const auto fits = [&](const Age& a, long long moment) {
    return a.first_ms - tolerance <= moment && moment < a.first_ms + 1000 + tolerance;
  };
  for (const auto& candidate : ages) {
    const auto count = std::count_if(ages.begin(), ages.end(), [&](const Age& a) {
      return fits(a, candidate.first_ms);
    });
    if (count > best)
      best = count, now = candidate.first_ms;
  }
  for (const auto& age : ages) {
    if (fits(age, now) || seconds_apart > 0)
      ++result.equal;
    else
      result.misses.push_back("age      " + age.path + " refers to a moment " +
                              std::to_string(age.first_ms - now) + " ms from that of the others");
  }
  for (const auto& [path, value] : facts) {
    if (expected.printed.contains(path) || printed_though_absent(path, value))
      continue;
    const auto it = expected.unprinted.find(path);
    const auto below = expected.unprinted.lower_bound(path);
    const bool known_object =
        value == kMarker && below != expected.unprinted.end() && below->first.starts_with(path);
    const auto printed_below = expected.printed.lower_bound(path + ".");
    const bool emptied_object = value == kMarker && printed_below != expected.printed.end() &&
                                printed_below->first.starts_with(path + ".");
    if ((it != expected.unprinted.end() && it->second == value) || known_object || emptied_object)
      continue;
    result.misses.push_back(
        "invented " + path + " = " + value +
        (it != expected.unprinted.end() ? ", the original has " + it->second : ""));
  }
  return result;
}

std::vector<std::string> table_rows() {
  std::vector<std::string> rows;
  for (const auto& rule : unprinted_rules()) {
    const auto range = rule.since == 0 && rule.until == 99
                           ? std::string("all")
                           : (rule.since == 0 ? "" : "1." + std::to_string(rule.since)) + "-" +
                                 (rule.until == 99 ? "" : "1." + std::to_string(rule.until));
    rows.push_back(std::string(rule.path) + "\t" + range + "\t" + rule.reason +
                   (rule.when != nullptr ? " (depends on other values)" : ""));
  }
  return rows;
}

}  // namespace kpr::compare
