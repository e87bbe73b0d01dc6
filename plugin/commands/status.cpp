#include "commands/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "commands/node_row.hpp"
#include "util/strings.hpp"

namespace kpr::commands {
namespace {

using Json = nlohmann::ordered_json;
using report::Style;

// `whole`: the text is a complete verbose one, so what it does not print does not exist there; else
// it is just not known.
report::Cell setting_cell(const std::optional<std::string>& value,
                          const std::optional<std::string>& usual,
                          bool whole) {
  if (!value)
    return {whole ? "<none>" : "<unknown>", Style::muted};
  if (usual && *value != *usual)
    return {*value + "*", Style::warn};
  return {*value, Style::plain};
}

struct Difference {
  const Setting* setting;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      values;  // value → nodes, the most common one first
};

std::vector<Difference> differences(const std::vector<NodeRow>& rows) {
  std::vector<Difference> out;
  for (std::size_t i = 0; i < settings().size(); ++i) {
    std::vector<std::pair<std::string, std::vector<std::string>>> values;
    for (const NodeRow& row : rows) {
      if (!row.recognized || !row.values[i])
        continue;
      auto it = std::find_if(values.begin(), values.end(), [&](const auto& v) {
        return v.first == *row.values[i];
      });
      if (it == values.end())
        it = values.insert(values.end(), {*row.values[i], {}});
      it->second.push_back(row.agent->node);
    }
    if (values.size() < 2)
      continue;
    std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
      return a.second.size() > b.second.size();
    });
    out.push_back({&settings()[i], std::move(values)});
  }
  return out;
}

std::string node_list(const std::vector<std::string>& nodes) {
  if (nodes.size() > 3)
    return count_of(nodes.size(), "node");
  return join(nodes, ", ");
}

struct Cohort {
  Values values;
  std::vector<const NodeRow*> rows;
};

std::vector<Cohort> cohorts_of(const std::vector<NodeRow>& rows) {
  std::vector<Cohort> out;
  for (const NodeRow& row : rows) {
    if (!row.recognized)
      continue;
    auto it = std::find_if(out.begin(), out.end(), [&](const Cohort& c) {
      return c.values == row.values;
    });
    if (it == out.end())
      it = out.insert(out.end(), Cohort{row.values, {}});
    it->rows.push_back(&row);
  }
  std::stable_sort(out.begin(), out.end(), [](const Cohort& a, const Cohort& b) {
    return a.rows.size() > b.rows.size();
  });
  return out;
}

Json values_json(const Values& values) {
  Json out = Json::object();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i])
      out[std::string(settings()[i].key)] = *values[i];
  }
  return out;
}

// Takes the facts out of the rows.
Json items_json(std::vector<NodeRow>& rows) {
  constexpr const char* k_readings[] = {"read", "incomplete", "unread"};
  Json items = Json::array();
  items.get_ref<Json::array_t&>().reserve(rows.size());
  for (NodeRow& row : rows) {
    Json item{{"node", row.agent->node},
              {"reading", k_readings[static_cast<std::size_t>(row.reading)]}};
    item.get_ref<Json::object_t&>().reserve(8);  // a grown object copies all it holds
    if (!row.agent->pod.empty())
      item["pod"] = row.agent->pod_namespace + "/" + row.agent->pod;
    if (!row.agent->origin.empty())
      item["source"] = row.agent->origin;
    if (!row.reason.empty())
      item["reason"] = row.reason;
    if (row.recognized) {
      item["settings"] = values_json(row.values);
      item["status"] = std::move(row.facts);
    }
    items.push_back(std::move(item));
  }
  return items;
}

Json differs_json(const std::vector<Difference>& differing) {
  Json differs = Json::array();
  for (const Difference& d : differing) {
    Json values = Json::array();
    for (const auto& [value, nodes] : d.values)
      values.push_back(Json{{"value", value}, {"nodes", nodes}});
    differs.push_back(Json{{"setting", d.setting->key}, {"values", std::move(values)}});
  }
  return differs;
}

Json cohorts_json(const std::vector<Cohort>& cohorts) {
  Json groups = Json::array();
  for (const Cohort& c : cohorts) {
    Json nodes = Json::array();
    for (const NodeRow* row : c.rows)
      nodes.push_back(row->agent->node);
    groups.push_back(Json{{"nodes", std::move(nodes)}, {"settings", values_json(c.values)}});
  }
  return groups;
}

// "8 nodes: all Cilium 1.11.7, enp1s0, SNAT; Mode differs: Strict on 7 nodes, Partial on z-k8s-n-4"
std::string summary(const std::vector<NodeRow>& rows,
                    const std::vector<Difference>& differing,
                    const Values& usual) {
  std::size_t unread = 0;
  std::size_t incomplete = 0;
  for (const NodeRow& row : rows) {
    unread += row.reading == Reading::unread ? 1 : 0;
    incomplete += row.reading == Reading::incomplete ? 1 : 0;
  }
  const auto read =
      static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const NodeRow& row) {
        return row.recognized;
      }));
  std::string out = read == rows.size() ? count_of(rows.size(), "node")
                                        : fmt::format("{}/{} nodes read", read, rows.size());
  std::vector<std::string> same;
  for (const std::string_view key : {"version", "mode", "devices", "socket-lb", "lb-mode", "xdp"}) {
    for (std::size_t i = 0; i < settings().size(); ++i) {
      const Setting& setting = settings()[i];
      if (setting.key != key || !usual[i])
        continue;
      if (std::any_of(differing.begin(), differing.end(), [&](const Difference& d) {
            return d.setting == &setting;
          }))
        continue;
      same.push_back(key == "version" ? "Cilium " + *usual[i]
                                      : fmt::format("{} {}", setting.name, *usual[i]));
    }
  }
  if (!same.empty())
    out += (read == 1 ? ": " : ", all with ") + join(same, ", ");
  if (differing.empty()) {
    if (read > 1)
      out += "; no setting differs";
  } else {
    std::vector<std::string> parts;
    for (const Difference& d : differing) {
      std::vector<std::string> values;
      for (const auto& [value, nodes] : d.values)
        values.push_back(fmt::format("{} on {}", value, node_list(nodes)));
      parts.push_back(fmt::format("{} ({})", d.setting->name, join(values, ", ")));
    }
    out += "; differs: " + join(parts, ", ");
  }
  if (unread > 0)
    out += fmt::format("; {} unread", count_of(unread, "node"));
  if (incomplete > 0)
    out += fmt::format("; {} incomplete", count_of(incomplete, "node"));
  return out + ".";
}

// "2 cohorts: 7 nodes (z-k8s-m-1, …), 1 node (z-k8s-n-4); differs in Mode, Socket LB"
std::string cohort_line(const std::vector<Cohort>& cohorts,
                        const std::vector<Difference>& differing) {
  std::vector<std::string> parts;
  for (const Cohort& c : cohorts) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < c.rows.size() && i < 8; ++i)
      names.push_back(c.rows[i]->agent->node);
    if (c.rows.size() > 8)
      names.push_back("…");
    parts.push_back(fmt::format("{} ({})", count_of(c.rows.size(), "node"), join(names, ", ")));
  }
  std::string out = fmt::format("{}: {}", count_of(cohorts.size(), "cohort"), join(parts, ", "));
  std::vector<std::string> names;
  for (const Difference& d : differing)
    names.emplace_back(d.setting->name);
  if (!names.empty())
    out += "; differs in " + join(names, ", ");
  return out;
}

}  // namespace

struct StatusIntake::Impl {
  std::map<std::size_t, NodeRow> rows;  // by place
};

StatusIntake::StatusIntake() : impl_(std::make_unique<Impl>()) {}
StatusIntake::~StatusIntake() = default;

void StatusIntake::on_agent(std::size_t place, evidence::Agent& agent) {
  impl_->rows[place] = read_node(agent, nullptr);
}

Result<report::Report>
status(evidence::Evidence evidence, const StatusOptions& options, StatusIntake* intake) {
  JsonOptions json_options;
  const std::optional<Time> now = options.now ? options.now : evidence.now;
  if (now)
    json_options.now_ms = now->time_since_epoch().count();
  std::vector<NodeRow> rows;
  rows.reserve(evidence.agents.size());
  for (std::size_t place = 0; place < evidence.agents.size(); ++place) {
    auto taken = intake == nullptr ? decltype(intake->impl_->rows)::node_type()
                                   : intake->impl_->rows.extract(place);
    rows.push_back(
        taken ? std::move(taken.mapped())
              : read_node(evidence.agents[place], options.document ? &json_options : nullptr));
    rows.back().agent = &evidence.agents[place];
  }
  std::stable_sort(rows.begin(), rows.end(), [](const NodeRow& a, const NodeRow& b) {
    return natural_less(a.agent->node, b.agent->node);
  });
  const std::size_t read =
      static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const NodeRow& r) {
        return r.recognized;
      }));
  if (read == 0) {
    if (rows.empty())
      return Error{
          ErrorKind::input, fmt::format("no Cilium agent found in {}", evidence.description), ""};
    std::string message =
        rows.size() == 1 ? (rows[0].reason.find(rows[0].agent->origin) == std::string::npos
                                ? rows[0].agent->origin + ": "
                                : "") +
                               rows[0].reason
                         : fmt::format("none of {} could be read", count_of(rows.size(), "agent"));
    for (std::size_t i = 0; rows.size() > 1 && i < rows.size() && i < 5; ++i)
      message += fmt::format("\n  {}: {}", rows[i].agent->node, rows[i].reason);
    std::string hint = rows.size() == 1 ? rows[0].hint : "";
    for (const std::string& note : evidence.notes)
      hint += (hint.empty() ? "" : "\n") + note;
    return Error{ErrorKind::input, std::move(message), std::move(hint)};
  }

  std::vector<const Values*> all;
  for (const NodeRow& row : rows) {
    if (row.recognized)
      all.push_back(&row.values);
  }
  const Values usual = majority(all);
  const std::vector<Difference> differing = differences(rows);

  report::Report out;
  out.table.columns.push_back({"NODE"});
  for (const Setting& setting : settings()) {
    if (setting.column.empty())
      continue;
    out.table.columns.push_back({std::string(setting.column), setting.wide});
    if (setting.key == "devices")
      out.table.columns.push_back({"DIRECT-ROUTING"});
  }
  out.table.columns.push_back({"POD", true});
  out.table.columns.push_back({"STATUS"});

  for (const NodeRow& row : rows) {
    std::vector<report::Cell> cells{{row.agent->node}};
    for (std::size_t i = 0; i < settings().size(); ++i) {
      if (settings()[i].column.empty())
        continue;
      cells.push_back(
          setting_cell(row.values[i], usual[i], row.reading == Reading::read && row.verbose));
      if (settings()[i].key == "devices") {
        cells.push_back(!row.recognized ? report::Cell{"<unknown>", Style::muted}
                                        : report::Cell{row.direct_routing});
      }
    }
    cells.push_back({row.agent->pod});
    cells.push_back(row.status);
    out.table.rows.push_back(std::move(cells));
    out.names.push_back("node/" + row.agent->node);
    if (row.reading != Reading::read)
      out.outcome = report::Outcome::incomplete;
  }
  if (evidence.interrupted)
    out.outcome = report::Outcome::incomplete;
  // Without the list of nodes nobody knows which of them have no agent.
  if (const auto nodes = evidence.objects.find("nodes");
      evidence.kind == evidence::SourceKind::cluster && nodes != evidence.objects.end() &&
      !nodes->second) {
    out.outcome = report::Outcome::incomplete;
    out.notes.push_back("warning: nodes without an agent are not known: " +
                        (nodes->second.missing().detail.empty()
                             ? std::string(to_string(nodes->second.missing().reason))
                             : nodes->second.missing().detail));
  }

  const std::vector<Cohort> cohorts = cohorts_of(rows);
  const std::string sentence = summary(rows, differing, usual);
  if (options.document) {
    out.document = Json{{"apiVersion", "kpr.dev/v1"},
                        {"kind", "StatusReport"},
                        {"metadata",
                         {{"source", evidence.description},
                          {"nodes", rows.size()},
                          {"read", read},
                          {"complete", out.outcome == report::Outcome::ok},
                          {"summary", sentence}}}};
    out.document.get_ref<Json::object_t&>().reserve(6);  // a grown object copies all it holds
    out.document["items"] = items_json(rows);
    out.document["differs"] = differs_json(differing);
    out.document["cohorts"] = cohorts_json(cohorts);
  }
  if (options.cohorts) {
    report::Table table;
    table.columns.push_back({"COHORT"});
    table.columns.push_back({"NODES"});
    for (std::size_t i = 0; i < settings().size(); ++i) {
      const Setting& setting = settings()[i];
      const bool differs_here =
          std::any_of(differing.begin(), differing.end(), [&](const Difference& d) {
            return d.setting == &setting;
          });
      std::string title(setting.column.empty() ? setting.key : setting.column);
      std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) {
        return static_cast<char>(std::toupper(c));
      });
      if (!setting.column.empty() || differs_here)
        table.columns.push_back({title, setting.wide && !differs_here});
    }
    table.columns.push_back({"MEMBERS"});
    for (std::size_t n = 0; n < cohorts.size(); ++n) {
      std::vector<report::Cell> cells{{std::to_string(n + 1)},
                                      {std::to_string(cohorts[n].rows.size())}};
      for (std::size_t i = 0; i < settings().size(); ++i) {
        const bool differs_here =
            std::any_of(differing.begin(), differing.end(), [&](const Difference& d) {
              return d.setting == &settings()[i];
            });
        if (!settings()[i].column.empty() || differs_here)
          cells.push_back(setting_cell(cohorts[n].values[i],
                                       usual[i],
                                       cohorts[n].rows.front()->reading == Reading::read &&
                                           cohorts[n].rows.front()->verbose));
      }
      std::vector<std::string> members;
      for (std::size_t i = 0; i < cohorts[n].rows.size() && i < 8; ++i)
        members.push_back(cohorts[n].rows[i]->agent->node);
      if (cohorts[n].rows.size() > 8)
        members.push_back("…");
      cells.push_back({join(members, ",")});
      table.rows.push_back(std::move(cells));
    }
    out.table = std::move(table);
    out.notes.push_back(cohort_line(cohorts, differing));
  }
  out.notes.insert(out.notes.end(), evidence.notes.begin(), evidence.notes.end());
  out.notes.push_back(sentence);
  return out;
}

}  // namespace kpr::commands
