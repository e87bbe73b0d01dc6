// services_cases FILE [-v]: cases of Cilium's own load-balancer tests as data (options, objects,
// and what the agent of node `testnode` has then), against what this program expects of the
// objects. A line a case: agree, differ, or not decided by objects alone.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "services/map_entries.hpp"
#include "util/strings.hpp"

namespace {

using namespace kpr;
using namespace kpr::services;
using nlohmann::json;

struct Moment {
  Settings settings;
  Place place;
  facts::ArrivedLists lists;
  Table table;
};

// The agent of those tests: both families, kube-proxy replaced, no tunnel.
Settings settings_of(const json& options) {
  Settings s;
  s.version = facts::parse_version("1.20.0");
  s.ipv6 = true;
  s.tunnel = false;
  std::vector<std::string> flags;
  for (const auto& option : options)
    flags.push_back(option.get<std::string>());
  take_settings(flags_lookup(flags), s);
  return s;
}

Moment moment(const Settings& settings, const json& state) {
  Moment m;
  m.settings = settings;
  m.place.node = "testnode";
  if (const auto& labels = state["nodeLabels"]; labels.is_object())
    for (const auto& [key, value] : labels.items())
      m.place.labels[key] = value.get<std::string>();
  if (const auto zone = m.place.labels.find("topology.kubernetes.io/zone");
      zone != m.place.labels.end())
    m.place.zone = zone->second;
  for (const auto& address : state["nodeAddresses"])
    m.place.addresses.push_back({address["addr"], address["nodeport"]});
  for (const auto& object : state["objects"]) {
    const std::string kind = object["kind"];
    const char* resource = kind == "Service"         ? "services"
                           : kind == "EndpointSlice" ? "endpointslices"
                                                     : "pods";
    m.lists.take(resource, object);
  }
  const Slices slices(m.lists.endpoint_slices);
  Objects objects;
  objects.services = &m.lists.services;
  objects.slices = &slices;
  m.table = expected(objects, m.settings, m.place);
  for (const auto& pod : m.lists.pods)
    if (pod.node == m.place.node)
      add_host_ports(pod, m.settings, m.table);
  return m;
}

std::string address_of(const Backend& b) {
  return facts::at_port(b.ip, b.port) + "/" + b.protocol;
}

std::string field(const json& row, const char* key) {
  return row.contains(key) && row[key].is_string() ? row[key].get<std::string>() : std::string();
}

// "10.244.1.1:80/TCP, 10.244.1.2:80/TCP + 4 more ...": the ones shown, and how many there are.
struct Shown {
  std::set<std::string> some;
  std::size_t all = 0;
};
Shown shown(std::string text) {
  Shown out;
  std::size_t more = 0;
  if (const auto plus = text.find(" + "); plus != std::string::npos) {
    more = std::stoul(text.substr(plus + 3));
    text.resize(plus);
  }
  for (const auto part : split(text, ','))
    if (!trim(part).empty())
      out.some.emplace(trim(part));
  out.all = out.some.size() + more;
  return out;
}

using Problems = std::vector<std::string>;

void compare_frontend(const Moment& m, const Frontend& f, const json& row, Problems& problems) {
  const std::string address = services::address_of(f);
  const auto same = [&](const char* key, const std::string& ours) {
    if (row.contains(key) && field(row, key) != ours)
      problems.push_back(address + " " + key + ": " + field(row, key) + ", expected " + ours);
  };
  same("Type", std::string(to_string(f.type)));
  same("ServiceName", f.ns + "/" + f.name);
  same("PortName", f.port_name);
  if (!row.contains("Backends"))
    return;
  const Shown theirs = shown(field(row, "Backends"));
  std::set<std::string> ours;
  for (const Chosen c : chosen(m.table, f, m.settings, m.place))
    ours.insert(address_of(m.table.backends[c.backend]));
  if (ours.size() != theirs.all ||
      !std::includes(ours.begin(), ours.end(), theirs.some.begin(), theirs.some.end()))
    problems.push_back(address + " Backends: " + field(row, "Backends") + ", expected " +
                       join({ours.begin(), ours.end()}, ", "));
}

void compare_frontends(const Moment& m, const json& rows, Problems& problems) {
  std::map<std::string, const Frontend*> ours;
  for (const Frontend& f : m.table.frontends)
    if (!f.optional)
      ours.emplace(services::address_of(f), &f);
  for (const auto& row : rows) {
    const auto found = ours.find(field(row, "Address"));
    if (found == ours.end()) {
      problems.push_back("not expected: " + field(row, "Address"));
      continue;
    }
    compare_frontend(m, *found->second, row, problems);
    ours.erase(found);
  }
  for (const auto& [address, f] : ours)
    problems.push_back("expected, and not there: " + address);
}

// The maps' lines with the numbers replaced by what they stand for.
using Lines = std::multiset<std::string>;

std::string state_in_map(State state) {
  return std::string(state == State::terminating_not_serving ? "terminating" : to_string(state));
}

std::string without_protocol(std::string address) {
  return address.substr(0, address.find('/'));
}

void add_entry(const Moment& m, const MapEntry& e, bool real, Lines& out) {
  std::string flags = e.flags;
  for (std::size_t at = 0; (at = flags.find(", ", at)) != std::string::npos; ++at)
    flags.replace(at, 2, "+");
  out.insert("SVC " + e.address + " LBALG=" + e.algorithm + " AFFTimeout=" +
             std::to_string(e.affinity_seconds) + " COUNT=" + std::to_string(e.active) +
             " QCOUNT=" + std::to_string(e.inactive) + " FLAGS=" + flags);
  if (!real)
    return;
  out.insert("REV " + without_protocol(e.address));
  std::size_t slot = 0;
  for (const std::uint32_t backend : e.slots) {
    const Backend& b = m.table.backends[backend];
    out.insert("SVC " + e.address + " SLOT=" + std::to_string(++slot) + " " + address_of(b));
    if (e.affinity_seconds > 0 && b.state == State::active)
      out.insert("AFF " + e.address + " " + address_of(b));
  }
  for (const auto& range : e.source_ranges)
    out.insert("SRCRANGE " + e.address + " " + range);
  if (!e.maglev || e.active == 0)
    return;
  std::set<std::string> inner;
  for (std::size_t i = 0; i < e.active; ++i)
    inner.insert(address_of(m.table.backends[e.slots[i]]));
  out.insert("MAGLEV " + e.address + " " + join({inner.begin(), inner.end()}, " "));
}

Lines our_lines(const Moment& m) {
  Lines out;
  std::map<std::string, State> backends;
  for (const Frontend& f : m.table.frontends) {
    if (f.optional)
      continue;
    const auto entries = map_entries(m.table, f, m.settings, m.place);
    for (const MapEntry& e : entries)
      add_entry(m, e, true, out);
    if (!entries.empty())
      for (const Chosen c : chosen(m.table, f, m.settings, m.place))
        backends.emplace(address_of(m.table.backends[c.backend]),
                         m.table.backends[c.backend].state);
  }
  for (const MapEntry& e : wildcard_entries(m.table, m.settings, m.place))
    add_entry(m, e, false, out);
  for (const auto& [address, state] : backends)
    out.insert("BE " + address + " " + state_in_map(state));
  return out;
}

// "SVC: ID=1 ADDR=10.0.0.1:80/TCP SLOT=0 …" as words by key; FLAGS and INNER hold blanks.
std::map<std::string, std::string> words(const std::string& line) {
  std::map<std::string, std::string> out;
  std::string key;
  for (const auto word : split(line, ' ')) {
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos && key != "INNER")
      out[key = word.substr(0, equals)] = word.substr(equals + 1);
    else if (key.empty())
      out[""] = word;
    else
      out[key] += " " + std::string(word);
  }
  return out;
}

// Up to 1.19's test format INNER=[1(511), 2(510)].
std::string inner(const std::string& text, const std::map<std::string, std::string>& backends) {
  std::set<std::string> out;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] >= '0' && text[at] <= '9' && (text[at - 1] == '[' || text[at - 1] == ' '))
      out.insert(backends.at(text.substr(at, text.find('(', at) - at)));
  return join({out.begin(), out.end()}, " ");
}

Lines their_lines(const json& lines) {
  std::map<std::string, std::string> backends, frontends;
  std::vector<std::map<std::string, std::string>> all;
  for (const auto& line : lines)
    all.push_back(words(line.get<std::string>()));
  for (auto& w : all) {
    if (w[""] == "BE:")
      backends[w["ID"]] = w["ADDR"];
    else if (w[""] == "SVC:")
      frontends[w["ID"]] = w["ADDR"];
  }
  Lines out;
  for (auto& w : all) {
    if (w[""] == "BE:")
      out.insert("BE " + w["ADDR"] + " " + w["STATE"]);
    else if (w[""] == "REV:")
      out.insert("REV " + w["ADDR"]);
    else if (w[""] == "AFF:")
      out.insert("AFF " + frontends[w["ID"]] + " " + backends[w["BEID"]]);
    else if (w[""] == "SRCRANGE:")
      out.insert("SRCRANGE " + frontends[w["ID"]] + " " + w["CIDR"]);
    else if (w[""] == "MAGLEV:")
      out.insert("MAGLEV " + frontends[w["ID"]] + " " + inner(w["INNER"], backends));
    else if (w["SLOT"] == "0")
      out.insert("SVC " + w["ADDR"] + " LBALG=" + w["LBALG"] + " AFFTimeout=" + w["AFFTimeout"] +
                 " COUNT=" + w["COUNT"] + " QCOUNT=" + w["QCOUNT"] + " FLAGS=" + w["FLAGS"]);
    else
      out.insert("SVC " + w["ADDR"] + " SLOT=" + w["SLOT"] + " " + backends[w["BEID"]]);
  }
  return out;
}

// Some moments have the state database's backends as JSON in the place of maps.
void compare_backends(const Moment& m, const json& lines, Problems& problems) {
  std::string text;
  for (const auto& line : lines)
    text += line.get<std::string>() + "\n";
  std::map<std::string, const Backend*> ours;
  for (const Backend& b : m.table.backends)
    ours.emplace(address_of(b), &b);
  std::istringstream in(text);
  constexpr int k_states[] = {0, 1, 2, 4};
  for (in >> std::ws; in.peek() == '{'; in >> std::ws) {
    json row;
    in >> row;
    const auto found = ours.find(field(row, "Address"));
    if (found == ours.end()) {
      problems.push_back("backend not expected: " + field(row, "Address"));
      continue;
    }
    if (row["Weight"] != found->second->weight ||
        row["State"] != k_states[static_cast<int>(found->second->state)])
      problems.push_back("backend " + field(row, "Address") + " weight or state");
    ours.erase(found);
  }
  for (const auto& [address, b] : ours)
    problems.push_back("backend expected, and not there: " + address);
}

void compare_maps(const Moment& m, const json& lines, Problems& problems) {
  if (!lines.empty() && lines[0] == "{")
    return compare_backends(m, lines, problems);
  const Lines ours = our_lines(m), theirs = their_lines(lines);
  Problems more, less;
  std::set_difference(
      theirs.begin(), theirs.end(), ours.begin(), ours.end(), std::back_inserter(more));
  std::set_difference(
      ours.begin(), ours.end(), theirs.begin(), theirs.end(), std::back_inserter(less));
  for (const auto& line : more)
    problems.push_back("map, not expected: " + line);
  for (const auto& line : less)
    problems.push_back("map, expected and not there: " + line);
}

// What the original did between its moments and is no object. Where all is written, pruning changes
// nothing; the rest does, and at which moment the data do not say.
std::string not_about_objects(const json& one) {
  std::string out;
  for (const auto& step : one["notAboutObjectsAlone"])
    if (const std::string text = step; text != "lb/prune")
      out += (out.empty() ? "" : ", ") + text;
  return out;
}

struct Totals {
  std::size_t agree = 0, differ = 0, undecided = 0, frontends = 0, lines = 0;
};

Problems compare(const Settings& settings, const json& step) {
  Problems problems;
  const Moment m = moment(settings, step["state"]);
  if (step.contains("frontends"))
    compare_frontends(m, step["frontends"], problems);
  if (step.contains("maps"))
    compare_maps(m, step["maps"], problems);
  return problems;
}

void judge(const json& one, bool verbose, Totals& totals) {
  const Settings settings = settings_of(one["options"]);
  const std::string why = not_about_objects(one);
  Totals here;
  std::ostringstream log;
  std::size_t number = 0;
  for (const auto& step : one["steps"]) {
    const Problems problems = compare(settings, step);
    if (problems.empty()) {
      ++here.agree;
      totals.frontends += step.contains("frontends") ? step["frontends"].size() : 0;
      totals.lines += step.contains("maps") ? step["maps"].size() : 0;
    } else {
      ++(why.empty() ? here.differ : here.undecided);
    }
    if (verbose)
      for (const auto& problem : problems)
        log << "  moment " << number << ": " << problem << "\n";
    ++number;
  }
  const char* verdict = here.differ > 0  ? "differ"
                        : here.agree > 0 ? "agree"
                                         : "not decided by objects alone";
  std::cout << one["name"].get<std::string>() << ": " << verdict << " (" << here.agree << " agree";
  if (here.differ > 0)
    std::cout << ", " << here.differ << " differ";
  if (here.undecided > 0)
    std::cout << ", " << here.undecided << " not decided by objects alone: " << why;
  std::cout << ")\n" << log.str();
  totals.agree += here.agree;
  totals.differ += here.differ;
  totals.undecided += here.undecided;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.empty()) {
    std::cerr << "services_cases FILE [-v]\n";
    return 64;
  }
  std::ifstream in(args[0]);
  const json cases = json::parse(in, nullptr, false);
  if (!cases.is_array()) {
    std::cerr << args[0] << ": no list of cases\n";
    return 64;
  }
  Totals totals;
  for (const auto& one : cases)
    judge(one, args.size() > 1, totals);
  std::cout << totals.agree << " moments agree, " << totals.differ << " differ, "
            << totals.undecided << " not decided by objects alone; " << totals.frontends
            << " frontends and " << totals.lines << " lines of maps agree\n";
  return totals.differ == 0 ? 0 : 1;
}
