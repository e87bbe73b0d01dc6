#include "facts/agent.hpp"

#include <algorithm>
#include <charconv>

#include "facts/make.hpp"
#include "facts/read.hpp"
#include "kpr/json.hpp"
#include "kpr/parse.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::facts {
void read_health(const nlohmann::json& nodes, AgentStatus& s);

namespace {

using evidence::Output;
using evidence::Reason;
using nlohmann::json;

const Output* output_of(const evidence::Agent& a, const std::string& command) {
  const auto found = a.outputs.find(command);
  return found == a.outputs.end() || !found->second ? nullptr : &*found->second;
}

Missing why(const evidence::Agent& a, std::initializer_list<const char*> commands) {
  if (a.unreachable)
    return *a.unreachable;
  for (const char* c : commands)
    if (const auto found = a.outputs.find(c); found != a.outputs.end() && !found->second)
      return found->second.missing();
  return {Reason::not_asked,
          std::string("`") + *commands.begin() + "` of this agent was not collected"};
}

bool agent_is_down(std::string_view text) {
  return text.find("Is the agent running?") != std::string_view::npos ||
         text.find("cilium.sock: connect: ") != std::string_view::npos;
}

// Leaves out what no fact is made of, which is most of a verbose status: controllers and modules
// that are well, addresses, sizes of maps.
void keep_what_is_judged(kpr::AgentStatus& s) {
  if (s.ipam)
    s.ipam->allocations.reset();
  s.bpf_maps.reset();
  if (s.controllers)
    std::erase_if(s.controllers->rows, [](const kpr::Controller& c) {
      return c.consecutive_failures == 0;
    });
  if (s.modules_health) {
    auto& rows = s.modules_health->tree;  // each stands before its children
    std::vector<kpr::Module> kept;
    std::uint32_t above = 0;  // parents of the last one kept are less deep than this
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      if ((row->level.empty() || row->level == "OK") && row->depth >= above)
        continue;
      above = row->depth;
      kept.push_back(*row);
    }
    rows.assign(kept.rbegin(), kept.rend());
  }
}

Piece<AgentStatus> read_status(const evidence::Agent& a, const StatusSeen& on_status) {
  const Output* as_text = output_of(a, "status-verbose");
  const Output* as_json = output_of(a, "status-json");
  json merged;
  std::string source;
  std::optional<Missing> bad;
  if (as_text != nullptr) {
    StatusDocument document = parse_status(as_text->out);
    if (on_status)
      on_status(a, &document);
    if (document.recognized) {
      keep_what_is_judged(document.status);
      merged = json(to_json(document));
      source = as_text->source;
    } else if (document.kind == InputKind::agent_down || agent_is_down(as_text->out) ||
               agent_is_down(as_text->err)) {
      bad = Missing{Reason::agent_down,
                    std::string(trim(as_text->out.empty() ? as_text->err : as_text->out))};
    } else if (trim(as_text->out).empty()) {
      bad = Missing{Reason::incomplete, as_text->source + " is empty"};
    } else {
      bad = Missing{Reason::incomplete, as_text->source + " holds no status"};
    }
  }
  if (as_text == nullptr && on_status)
    on_status(a, nullptr);
  if (as_json != nullptr) {
    const json own = json_or_null(as_json->out);
    if (own.is_object() && !own.empty()) {
      if (!merged.is_object())
        merged = json::object();
      if (source.empty())
        source = as_json->source;
      for (const auto& [key, value] : own.items())
        if (!merged.contains(key))
          merged[key] = value;
      // Only the agent's JSON has the list with KPR off, and the hostns flag in every version.
      for (const char* key : {"kube-proxy-replacement", "controllers", "stale"})
        if (own.contains(key) && !own[key].is_null())
          merged[key] = own[key];
    }
  }
  if (!merged.is_object() || merged.empty())
    return bad ? *bad : why(a, {"status-verbose", "status-json"});
  AgentStatus s = status_from_json(merged, source);
  if (s.health_named == 0) {
    if (const Output* health = output_of(a, "health-json")) {
      const json parsed = json_or_null(health->out);
      if (parsed.is_object() && parsed.contains("nodes"))
        read_health(parsed["nodes"], s);
    }
  }
  return s;
}

void read_services(const evidence::Agent& in, FrontendPool& frontends, Agent& a) {
  std::optional<Missing> unread;
  for (const char* name : {"service-list-json", "service-list"}) {
    const Output* o = output_of(in, name);
    if (o == nullptr || trim(o->out).empty() ||
        agent_is_down(std::string_view(o->out).substr(0, 4096)))
      continue;  // a table may have megabytes
    if (std::string_view(name) == "service-list-json") {
      const Result<json> parsed = read_json(o->out);
      if (!parsed && parsed.error().kind == ErrorKind::too_large)
        unread = Missing{Reason::too_large, o->source + " is " + parsed.error().message};
      if (!parsed || !parsed->is_array())
        continue;
      a.services = frontends.from_json(*parsed);
    } else {
      if (o->exit_code != 0 || o->out.find("Frontend") == std::string::npos)
        continue;
      a.services = frontends.from_text(o->out);
    }
    a.services_source = o->source;
    return;
  }
  a.services = unread ? *unread : why(in, {"service-list-json", "service-list"});
}

// Rows of `bpf lb list`: a line with "(slot)" counts; continuation lines of the old form (one
// frontend, several backends) too.
void read_bpf_lb(const evidence::Agent& in, FrontendPool& frontends, Agent& a) {
  const Output* whole = output_of(in, "bpf-lb-list");
  a.kernel = why(in, {"bpf-lb-list"});
  const Output* o = whole != nullptr ? whole : output_of(in, "bpf-lb-count");
  if (o == nullptr || o->out.find("SERVICE ADDRESS") == std::string::npos) {
    a.bpf_lb_entries = o == nullptr ? why(in, {"bpf-lb-list", "bpf-lb-count"})
                                    : Missing{Reason::incomplete, o->source + " holds no table"};
    return;
  }
  std::size_t rows = 0;
  if (whole != nullptr) {
    if (whole->exit_code == 0)
      a.kernel = frontends.from_kernel(whole->out);
    for (std::string_view line : split(o->out, '\n'))
      if (!line.starts_with("SERVICE ADDRESS") && line.find('(') != std::string_view::npos &&
          !line.starts_with("> Error"))
        ++rows;
  } else {  // the header and the number of lines
    const std::string_view text = trim(o->out);
    const auto number = text.substr(text.rfind('\n') + 1);
    std::from_chars(number.data(), number.data() + number.size(), rows);
    if (rows == 0 || o->exit_code != 0) {
      a.bpf_lb_entries = Missing{
          Reason::incomplete, o->source + " ended with exit code " + std::to_string(o->exit_code)};
      return;
    }
    --rows;
  }
  a.bpf_lb_entries = rows;
  a.bpf_lb_source = o->source;
}

void read_config(const evidence::Agent& in, Agent& a) {
  const Output* o = output_of(in, "config-all");
  if (o == nullptr) {
    a.config = why(in, {"config-all"});
    return;
  }
  std::map<std::string, std::string> values;
  for (std::string_view line : split(o->out, '\n')) {
    const auto colon = line.find(':');
    const auto blank = line.find_first_of(" \t");
    const auto end = std::min(colon, blank);
    if (end == std::string_view::npos || end == 0)
      continue;
    const auto value = trim(line.substr(end + 1));
    values.emplace(
        std::string(trim(line.substr(0, end))),
        std::string(!value.empty() && value.front() == ':' ? trim(value.substr(1)) : value));
  }
  a.config = std::move(values);
}

void read_iptables(const evidence::Agent& in, Agent& a) {
  std::vector<IptablesTrace> traces;
  bool any = false;
  for (const char* name : {"iptables-nft-save",
                           "iptables-legacy-save",
                           "ip6tables-nft-save",
                           "ip6tables-legacy-save",
                           "iptables-save",
                           "ip6tables-save"}) {
    const Output* o = output_of(in, name);
    if (o == nullptr)
      continue;
    if (o->out.find("*filter") == std::string::npos && o->out.find("*nat") == std::string::npos &&
        !trim(o->out).empty() && o->out.find('*') == std::string::npos)
      continue;
    any = true;
    // The plain command shows one of the two backends again.
    const std::string_view n(name);
    const bool plain = n == "iptables-save" || n == "ip6tables-save";
    if (plain) {
      const std::string family = n == "iptables-save" ? "iptables-" : "ip6tables-";
      bool seen = false;
      for (const auto& t : traces)
        seen = seen || t.command.rfind(family, 0) == 0;
      if (seen)
        continue;
    }
    IptablesTrace t = scan_iptables(o->out, name, o->source);
    if (t.left() || t.rules > 0)
      traces.push_back(std::move(t));
  }
  if (any)
    a.iptables = std::move(traces);
  else
    a.iptables = why(in, {"iptables-save", "iptables-nft-save"});
}

void read_interfaces(const evidence::Agent& in, Agent& a) {
  const Output* o = output_of(in, "ip-a");
  auto interfaces = o == nullptr ? std::vector<Interface>() : parse_ip_address(o->out);
  if (interfaces.empty())
    a.interfaces = why(in, {"ip-a"});
  else
    a.interfaces = std::move(interfaces);
}

void read_cgroups(const evidence::Agent& in, Agent& a) {
  const Output* o = output_of(in, "bpftool-cgroup");
  if (o == nullptr || o->exit_code != 0 || o->out.find("CgroupPath") == std::string::npos) {
    a.cgroups = o == nullptr ? why(in, {"bpftool-cgroup"})
                             : Missing{Reason::failed, "`bpftool cgroup tree` printed no tree"};
    return;
  }
  a.cgroups = parse_bpftool_cgroup(o->out, o->source);
  a.cgroups_source = o->source;
}

void read_metrics(const evidence::Agent& in, Agent& a) {
  static constexpr std::string_view judged[] = {
      "_drop_count_total", "_forward_count_total", "_bpf_map_pressure"};
  const Output* o = output_of(in, "metrics");
  auto metrics = o == nullptr ? std::vector<Metric>() : parse_metrics(o->out);
  if (metrics.empty()) {
    a.metrics = why(in, {"metrics"});
    return;
  }
  std::erase_if(metrics, [](const Metric& m) {
    return std::none_of(std::begin(judged), std::end(judged), [&](std::string_view suffix) {
      return m.name.ends_with(suffix);
    });
  });
  a.metrics = std::move(metrics);
  a.metrics_source = o->source;
}

}  // namespace

const Output* Agent::output(const std::string& command) const {
  return raw == nullptr ? nullptr : output_of(*raw, command);
}

Agent make_agent(const evidence::Agent& in, FrontendPool& frontends, const StatusSeen& on_status) {
  Agent a;
  a.node = in.node;
  a.pod = in.pod;
  a.ns = in.pod_namespace;
  a.container = in.container;
  a.origin = in.origin;
  a.unreachable = in.unreachable;
  a.raw = &in;
  a.status = read_status(in, on_status);
  if (a.status)
    a.version = a.status->version;
  if (!a.version) {
    if (const Output* o = output_of(in, "version")) {
      // "Client: 1.16.5 ad688277 2024-12-17T15:13:52+00:00 go version go1.22.10 linux/amd64"
      for (std::string_view line : split(o->out, '\n')) {
        if (const auto colon = line.find(": ");
            colon != std::string_view::npos && line.starts_with("Daemon"))
          a.version = parse_version(trim(line.substr(colon + 2)));
        else if (!a.version && colon != std::string_view::npos)
          a.version = parse_version(trim(line.substr(colon + 2)));
      }
    }
  }
  if (a.version)
    a.version_text = a.version->text;
  read_services(in, frontends, a);
  read_bpf_lb(in, frontends, a);
  read_config(in, a);
  read_iptables(in, a);
  read_interfaces(in, a);
  read_cgroups(in, a);
  read_metrics(in, a);
  return a;
}

}  // namespace kpr::facts
