// Section 1: the mode that was configured, the mode that runs, and whether all nodes agree.
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "facts/rollout.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::KprMode;

bool is_off(KprMode m) {
  return m == KprMode::off || m == KprMode::blank || m == KprMode::partial;
}

// Why nothing in the API tells whether kube-proxy runs; "" where it does.
std::string hidden_kube_proxy(const facts::Fleet& fleet) {
  using facts::Distribution;
  if (fleet.distribution == Distribution::microk8s || fleet.distribution == Distribution::k0s)
    return "this distribution may run kube-proxy inside its own process, which cannot be seen from "
           "the API";
  if (fleet.distribution != Distribution::k3s || !fleet.nodes)
    return {};
  const bool told = std::any_of(fleet.nodes->begin(), fleet.nodes->end(), [](const facts::Node& n) {
    const auto a = n.annotations.find("k3s.io/node-args");
    return a != n.annotations.end() && a->second.find("\"server\"") != std::string::npos;
  });
  return told ? ""
              : "k3s may run kube-proxy inside its own process, and no server's k3s.io/node-args "
                "could be read";
}

// No agent can be heard: the ConfigMap alone is proof, unless a CiliumNodeConfig may say otherwise.
void mode_off_by_config(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.runs_kube_proxy())
    return sink.not_applicable("kube-proxy runs");
  if (!fleet.cilium_config)
    return sink.skip("neither an agent's status nor cilium-config could be read");
  if (!is_off(fleet.configured_mode()))
    return;
  if (fleet.node_configs)
    for (const auto& c : *fleet.node_configs)
      if (const auto v = c.defaults.find("kube-proxy-replacement");
          v != c.defaults.end() && !is_off(facts::kpr_mode_of(v->second)))
        return sink.skip(
            "a CiliumNodeConfig switches it on for some nodes, and no agent could be asked");
  Finding f = sink.make("there is no kube-proxy, and Cilium does not replace it");
  f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
  f.evidence.push_back({"Pods and DaemonSets of all namespaces", "no kube-proxy in any form"});
  sink.add(std::move(f));
}

void mode_off_no_kube_proxy(const facts::Fleet& fleet, Sink& sink) {
  if (const auto why = hidden_kube_proxy(fleet); !why.empty() && !fleet.runs_kube_proxy())
    return sink.skip(why);
  Finding f = sink.make("");
  std::size_t judged = 0, served = 0;
  for (const auto& a : fleet.agents) {
    if (!a.status || !a.status->mode_seen)
      continue;
    ++judged;
    if (!is_off(a.status->mode) || a.status->replaces_kube_proxy())
      continue;
    if (fleet.kube_proxy_serves(a.node).value_or(true)) {
      ++served;
      continue;
    }
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 4)
      f.evidence.push_back({a.status->source, mode_line(*a.status)});
  }
  if (judged == 0)
    return mode_off_by_config(fleet, sink);
  if (f.nodes.empty() && served > 0)
    return sink.not_applicable("kube-proxy runs");
  if (f.nodes.empty())
    return;
  if (fleet.cilium_config)
    f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
  const bool nowhere = !fleet.runs_kube_proxy();
  f.evidence.push_back({nowhere ? "Pods and DaemonSets of all namespaces"
                                : "Pods of kube-proxy on " + list_of(f.nodes),
                        nowhere ? "no kube-proxy in any form" : "none that runs"});
  f.summary = !nowhere
                  ? "neither kube-proxy nor Cilium serves Services on " + nodes_of(f.nodes.size())
              : f.nodes.size() == judged ? "there is no kube-proxy, and Cilium does not replace it"
                                         : "there is no kube-proxy, and the agents of " +
                                               nodes_of(f.nodes.size()) + " do not replace it";
  sink.add(std::move(f));
}

// 1.15 still takes the old words for what they said before (daemon/cmd/kube_proxy_replacement.go of
// 1.15.0 to 1.15.15); 1.16 refuses them. An agent that prints an empty mode replaces nothing.
void value_strict_ignored(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.version->is_minor(1, 15))
    return sink.not_applicable("1.15 is the last version that takes the old words");
  const auto value = fleet.config("kube-proxy-replacement");
  const std::set<std::string> words = {"strict", "partial", "probe", "disabled"};
  const bool configured = value && words.count(*value) > 0;
  Finding f = sink.make("");
  if (configured)
    f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->mode != KprMode::blank)
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 5)
      f.evidence.push_back({a.status->source, mode_line(*a.status)});
  }
  if (!configured && f.nodes.empty())
    return;
  if (f.nodes.empty()) {
    f.severity = Severity::warn;
    f.summary = "kube-proxy-replacement=" + *value + " is a word that Cilium 1.16 refuses";
  } else {
    f.summary = "Cilium " + fleet.version->text +
                " accepts kube-proxy-replacement=" + (configured ? *value : "<an old word>") +
                " but replaces nothing";
  }
  sink.add(std::move(f));
}

bool valid_value(const facts::Version& v, const std::string& value) {
  const bool old_word = value == "strict" || value == "partial" || value == "disabled";
  const bool boolean = value == "true" || value == "false";
  if (!v.at_least(1, 13))
    return old_word || value == "probe";
  if (!v.at_least(1, 14))
    return old_word;
  if (!v.at_least(1, 16))
    return boolean || old_word || value == "probe";
  return boolean;
}

void value_invalid(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.version->at_least(1, 7))
    return sink.not_applicable("before 1.7 there was no such option");
  Finding f = sink.make("");
  std::set<std::string> bad;
  const auto judge = [&](const std::string& value, Proof proof) {
    if (value.empty() || valid_value(*fleet.version, value))
      return false;
    bad.insert(value);
    f.evidence.push_back(std::move(proof));
    return true;
  };
  if (const auto value = fleet.config("kube-proxy-replacement"))
    judge(*value, config_evidence(fleet, "kube-proxy-replacement"));
  if (fleet.node_configs) {
    for (const auto& c : *fleet.node_configs) {
      const auto value = c.defaults.find("kube-proxy-replacement");
      if (value == c.defaults.end() || c.ns != fleet.cilium_ns)
        continue;
      // 1.16 takes the word but does not do what it says; the agent refuses it from 1.17 on.
      if (judge(value->second,
                {c.path("CiliumNodeConfig") + " .spec.defaults",
                 "kube-proxy-replacement: \"" + value->second + "\""}))
        f.objects.push_back(c.path("CiliumNodeConfig"));
    }
  }
  for (const auto& w : last_words(fleet)) {
    const auto line = line_with(w.text, "Invalid value for --kube-proxy-replacement");
    if (line.empty() || w.running)
      continue;
    f.nodes.push_back(w.node);
    f.evidence.push_back({w.source, line});
  }
  if (f.evidence.empty())
    return;
  f.summary = "kube-proxy-replacement=" +
              (bad.empty() ? std::string("…")
                           : join(std::vector<std::string>(bad.begin(), bad.end()), ", ")) +
              " is not a value that Cilium " + fleet.version->text + " takes";
  sink.add(std::move(f));
}

void removed_flags(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.version->at_least(1, 14))
    return sink.not_applicable("these options are deprecated from 1.18 and removed in 1.19");
  if (fleet.configured_mode() == KprMode::on)
    return sink.not_applicable("kube-proxy-replacement=true switches them all on");
  Finding f = sink.make("");
  std::vector<std::string> keys;
  for (const char* key : {"enable-node-port", "enable-external-ips", "enable-host-port"}) {
    if (!fleet.config_true(key))
      continue;
    keys.push_back(key);
    f.evidence.push_back(config_evidence(fleet, key));
  }
  // The chart writes these two in every cluster; on their own they tell nothing.
  for (const char* key : {"bpf-lb-proto-diff", "enable-internal-traffic-policy"}) {
    if (!fleet.version->at_least(1, 19) || !has_key(fleet, key))
      continue;
    keys.push_back(key);
    f.evidence.push_back(config_evidence(fleet, key));
  }
  if (keys.empty())
    return;
  const bool gone = fleet.version->at_least(1, 19);
  f.severity = gone && (keys.front() != "bpf-lb-proto-diff" &&
                        keys.front() != "enable-internal-traffic-policy")
                   ? Severity::error
                   : Severity::warn;
  f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
  f.summary = gone ? "cilium-config asks for features one by one (" + join(keys, ", ") +
                         "), which Cilium " + fleet.version->text + " does not do any more"
                   : "parts of the replacement are switched on one by one (" + join(keys, ", ") +
                         "); Cilium 1.19 drops these options";
  sink.add(std::move(f));
}

// The value that holds for one node: the ConfigMap's, overridden by CiliumNodeConfigs that select
// it.
struct Wanted {
  KprMode mode = KprMode::unknown;
  Proof proof;
  bool sure = true;
  bool by_node_config = false;
};
Wanted wanted_on(const facts::Fleet& fleet, const std::string& node_name) {
  Wanted w{fleet.configured_mode(), config_evidence(fleet, "kube-proxy-replacement"), true, false};
  const auto* node = fleet.node(node_name);
  if (!fleet.node_configs)
    return w;
  for (const auto& c : *fleet.node_configs) {
    const auto value = c.defaults.find("kube-proxy-replacement");
    if (value == c.defaults.end() || c.ns != fleet.cilium_ns)
      continue;
    if (node == nullptr) {
      w.sure = false;
      continue;
    }
    if (!c.node_selector.selects(node->labels))
      continue;
    w.mode = facts::kpr_mode_of(value->second);
    w.proof = {c.path("CiliumNodeConfig") + " .spec.defaults",
               "kube-proxy-replacement: \"" + value->second + "\""};
    w.by_node_config = true;
  }
  return w;
}

// What a rollout explains while it moves is no fault: the nodes that it has not reached run the old
// value. True where that is so for all nodes of the finding.
bool soften_by_rollout(const facts::Fleet& fleet, Finding& f) {
  const auto rollout = facts::agents_rollout(fleet);
  if (!rollout || !rollout->moves() ||
      std::any_of(f.nodes.begin(), f.nodes.end(), [&](const std::string& node) {
        return rollout->has_reached(node);
      }))
    return false;
  f.severity = Severity::info;
  f.evidence.push_back({"rollout", rollout->progress});
  f.fix = {Step::say("a rollout is under way: wait until it is done"),
           Step::run("kubectl -n {ns} rollout status ds/{ds}")};
  return true;
}

void running_differs(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.configured_mode() == KprMode::unknown)
    return sink.not_applicable("cilium-config holds no value that this version knows");
  Finding f = sink.make("");
  std::set<std::string> wanted_words;
  for (const auto& a : fleet.agents) {
    if (!a.status || !a.status->mode_seen || a.status->mode == KprMode::unknown)
      continue;
    const Wanted w = wanted_on(fleet, a.node);
    if (!w.sure || w.by_node_config || w.mode == KprMode::unknown || w.mode == KprMode::partial ||
        a.status->mode == KprMode::partial)
      continue;
    const bool on = w.mode == KprMode::on;
    if (on == (a.status->mode == KprMode::on))
      continue;
    // 1.15 ignores the old words: that is another entry, and a restart does not help.
    if (a.status->mode == KprMode::blank)
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 6)
      f.evidence.push_back({a.status->source, mode_line(*a.status)});
    wanted_words.insert(w.proof.text);
  }
  if (f.nodes.empty())
    return;
  f.evidence.insert(f.evidence.begin(), config_evidence(fleet, "kube-proxy-replacement"));
  soften_by_rollout(fleet, f);
  // Where some run the new value and some the old one, kpr-nodes-differ says the more important
  // half.
  f.summary =
      "the agents of " + nodes_of(f.nodes.size()) +
      " run another mode than cilium-config asks for: they were not restarted after the change";
  sink.add(std::move(f));
}

void nodes_differ(const facts::Fleet& fleet, Sink& sink) {
  struct View {
    std::string node, text, source;
  };
  using Getter = std::string (*)(const facts::AgentStatus&);
  const std::pair<const char*, Getter> features[] = {
      {"mode",
       [](const facts::AgentStatus& s) {
         return !s.mode_seen               ? std::string()
                : s.mode == KprMode::blank ? "(empty)"
                : s.mode == KprMode::on    ? "True"
                : s.mode == KprMode::off   ? "False"
                                           : s.mode_text;
       }},
      {"socket LB",
       [](const facts::AgentStatus& s) {
         return !s.socket_lb ? std::string() : *s.socket_lb ? "Enabled" : "Disabled";
       }},
      {"socket LB coverage",
       [](const facts::AgentStatus& s) {
         return !s.socket_lb_hostns_only   ? std::string()
                : *s.socket_lb_hostns_only ? "Hostns-only"
                                           : "Full";
       }},
      {"NodePort mode",
       [](const facts::AgentStatus& s) {
         return s.lb_mode;
       }},
      {"algorithm",
       [](const facts::AgentStatus& s) {
         return s.lb_algorithm;
       }},
      {"acceleration",
       [](const facts::AgentStatus& s) {
         return s.lb_acceleration;
       }},
      {"NodePort range",
       [](const facts::AgentStatus& s) {
         return s.port_min && s.port_max
                    ? std::to_string(*s.port_min) + "-" + std::to_string(*s.port_max)
                    : std::string();
       }},
      {"routing",
       [](const facts::AgentStatus& s) {
         return s.network_routing;
       }},
  };
  Finding f = sink.make("");
  std::vector<std::string> differing;
  for (const auto& [name, get] : features) {
    const bool is_mode = std::string_view(name) == "mode";
    std::map<std::string, std::vector<View>> groups;
    for (const auto& a : fleet.agents) {
      if (!a.status)
        continue;
      std::string value = get(*a.status);
      if (value.empty())
        continue;
      std::string text = is_mode && !a.status->mode_text.empty()
                             ? a.status->mode_text
                             : value;  // Strict of 1.13 and True of 1.14 are one mode
      groups[std::move(value)].push_back({a.node, std::move(text), a.status->source});
    }
    if (groups.size() < 2)
      continue;
    // A mode that differs explains every other difference of the same node.
    if (!is_mode && !differing.empty() && differing.front() == "mode")
      break;
    differing.emplace_back(name);
    // The odd ones out: for the mode those that do not replace kube-proxy; else the smaller groups.
    std::string main;
    std::size_t most = 0;
    for (const auto& [value, members] : groups)
      if (members.size() > most)
        main = value, most = members.size();
    if (is_mode && groups.count("True") > 0)
      main = "True";
    for (const auto& [value, members] : groups) {
      std::vector<std::string> names, texts;
      for (const auto& m : members) {
        names.push_back(m.node);
        if (std::find(texts.begin(), texts.end(), m.text) == texts.end())
          texts.push_back(m.text);
      }
      f.evidence.push_back(
          {members.front().source,
           std::string(name) + " " + join(texts, " or ") + ": " + list_of(names, 8)});
      if (value != main)
        f.nodes.insert(f.nodes.end(), names.begin(), names.end());
    }
  }
  if (differing.empty())
    return;
  if (differing.front() != "mode")
    f.severity = Severity::warn;
  // While a CiliumNodeConfig rolls the replacement out node by node, with kube-proxy still there,
  // nodes differ on purpose.
  const bool migrating =
      fleet.runs_kube_proxy() && fleet.node_configs &&
      std::any_of(fleet.node_configs->begin(), fleet.node_configs->end(), [](const auto& c) {
        return c.defaults.count("kube-proxy-replacement") > 0;
      });
  if (migrating) {
    f.severity = Severity::info;
    f.summary = "a node by node migration is under way: agents differ in " + join(differing, ", ");
  } else {
    f.summary = "agents differ in " + join(differing, ", ");
  }
  if (fleet.cilium_ds != nullptr && fleet.cilium_ds->update_strategy == "OnDelete")
    f.evidence.push_back({fleet.cilium_ds->path("DaemonSet"), "updateStrategy.type: OnDelete"});
  if (!migrating && !soften_by_rollout(fleet, f))
    delete_agents(fleet, f);
  sink.add(std::move(f));
}

void node_config_not_applied(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.version->at_least(1, 13))
    return sink.not_applicable("CiliumNodeConfig exists from 1.13 on");
  if (fleet.node_configs->empty())
    return sink.not_applicable("there is no CiliumNodeConfig");
  for (const auto& c : *fleet.node_configs) {
    Finding f = sink.make("");
    f.objects.push_back(c.path("CiliumNodeConfig"));
    if (c.ns != fleet.cilium_ns) {
      f.evidence.push_back(
          {c.path("CiliumNodeConfig"),
           "metadata.namespace: " + c.ns + "; the agents run in " + fleet.cilium_ns});
      f.summary = c.path("CiliumNodeConfig") + " has no effect: agents read only those of " +
                  fleet.cilium_ns;
      sink.add(std::move(f));
      continue;
    }
    if (fleet.version->at_least(1, 20) && c.api_version.ends_with("v2alpha1")) {
      f.evidence.push_back({c.path("CiliumNodeConfig"), "apiVersion: " + c.api_version});
      f.summary = c.path("CiliumNodeConfig") + " uses " + c.api_version + ", which Cilium " +
                  fleet.version->text + " does not serve";
      sink.add(std::move(f));
      continue;
    }
    if (!fleet.nodes)
      continue;
    std::vector<const facts::Node*> matched;
    for (const auto& n : *fleet.nodes)
      if (c.node_selector.selects(n.labels))
        matched.push_back(&n);
    if (matched.empty()) {
      // Waiting for its first label is a step of the documented migration.
      f.severity = Severity::info;
      f.evidence.push_back({c.path("CiliumNodeConfig") + " .spec.nodeSelector",
                            "matches none of " + nodes_of(fleet.nodes->size())});
      f.summary = c.path("CiliumNodeConfig") + " selects no node";
      sink.add(std::move(f));
      continue;
    }
    const auto value = c.defaults.find("kube-proxy-replacement");
    for (const auto* n : matched) {
      const auto* a = fleet.agent_on(n->name);
      if (value != c.defaults.end()) {
        if (a != nullptr && a->status && a->status->mode_seen) {
          const KprMode wanted = facts::kpr_mode_of(value->second);
          if ((wanted == KprMode::on) == (a->status->mode == KprMode::on))
            continue;
          f.nodes.push_back(n->name);
          f.evidence.push_back({a->status->source, mode_line(*a->status)});
          continue;
        }
      }
      for (const auto* p : fleet.cilium_pods) {
        if (p->node != n->name || !p->started || !c.created ||
            (a != nullptr && a->status && value != c.defaults.end()))
          continue;
        if (*c.created <= *p->started)
          continue;
        f.nodes.push_back(n->name);
        f.evidence.push_back({p->path("Pod"),
                              "started " + format_rfc3339(*p->started) +
                                  ", before the CiliumNodeConfig of " +
                                  format_rfc3339(*c.created)});
      }
    }
    if (f.nodes.empty())
      continue;
    if (value != c.defaults.end())
      f.evidence.insert(f.evidence.begin(),
                        {c.path("CiliumNodeConfig") + " .spec.defaults",
                         "kube-proxy-replacement: \"" + value->second + "\""});
    f.fix.clear();
    delete_agents(fleet, f);
    f.summary = c.path("CiliumNodeConfig") + " is not applied on " + nodes_of(f.nodes.size()) +
                ": their agents started before it or before their label";
    sink.add(std::move(f));
  }
}

void operator_config_stale(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  for (const auto& w : last_words(fleet)) {
    const auto line = line_with(w.text, "aiting for Cilium Operator to register");
    if (line.empty() || w.running)
      continue;
    f.nodes.push_back(w.node);
    if (f.evidence.size() < 4)
      f.evidence.push_back({w.source, line});
  }
  // The agent of such a node is up as a process, but not ready; its log is the witness.
  if (fleet.evidence != nullptr) {
    for (const auto& log : fleet.evidence->logs) {
      const auto* p = fleet.pod(log.ns, log.pod);
      if (p == nullptr || p->ready() || log.previous)
        continue;
      const auto line = line_with(log.tail, "aiting for Cilium Operator to register");
      if (line.empty() || std::find(f.nodes.begin(), f.nodes.end(), p->node) != f.nodes.end())
        continue;
      f.nodes.push_back(p->node);
      if (f.evidence.size() < 4)
        f.evidence.push_back({log.source, line});
    }
  }
  if (f.nodes.empty())
    return;
  std::string cause = "the operator has not registered the CRDs they wait for";
  for (const auto* p : fleet.operator_pods) {
    if (p->phase == "Pending") {
      cause = "the operator is Pending" + (p->scheduler_message.empty()
                                               ? std::string()
                                               : " (" + shorten(p->scheduler_message, 160) + ")");
      f.evidence.push_back({p->path("Pod"), "phase: Pending " + p->scheduler_message});
      f.objects.push_back(p->path("Pod"));
      continue;
    }
    for (const auto* agent : fleet.cilium_pods) {
      if (!agent->started || !p->started ||
          std::find(f.nodes.begin(), f.nodes.end(), agent->node) == f.nodes.end() ||
          *p->started >= *agent->started)
        continue;
      f.objects.push_back(p->path("Pod"));
      f.evidence.push_back({p->path("Pod"),
                            "started " + format_rfc3339(*p->started) + ", agent " + agent->name +
                                " " + format_rfc3339(*agent->started)});
      cause = "the operator still runs with the configuration of before";
      break;
    }
  }
  f.summary = "the agents of " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size()) +
              " wait for ever: " + cause;
  sink.add(std::move(f));
}

void socketlb_off(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  bool judged = false;
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->mode != KprMode::on || !a.status->socket_lb)
      continue;
    judged = true;
    if (*a.status->socket_lb)
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 4)
      f.evidence.push_back({a.status->source, "Socket LB: Disabled"});
  }
  if (!judged)
    return sink.not_applicable(
        "no agent with the replacement on tells about its socket load balancer");
  if (f.nodes.empty())
    return;
  f.summary = "the socket load balancer is off on " + nodes_of(f.nodes.size()) +
              " although kube-proxy is replaced";
  sink.add(std::move(f));
}

void dependent_feature(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.configured_mode() == KprMode::on)
    return sink.not_applicable("the replacement is on");
  if (fleet.configured_mode() == KprMode::partial && fleet.config_true("enable-node-port"))
    return sink.not_applicable("NodePort is on");
  if (fleet.config_true("enable-node-port") && !fleet.version->at_least(1, 19))
    return sink.not_applicable("NodePort is switched on by itself");
  const bool running_on = std::any_of(fleet.agents.begin(), fleet.agents.end(), [](const auto& a) {
    return a.status && a.status->mode == KprMode::on;
  });
  if (running_on)
    return sink.not_applicable("agents run with the replacement on");
  Finding f = sink.make("");
  std::vector<std::string> keys;
  for (const char* key : {"enable-gateway-api",
                          "enable-ingress-controller",
                          "enable-envoy-config",
                          "enable-ipv4-egress-gateway",
                          "enable-egress-gateway",
                          "enable-l2-announcements",
                          "install-no-conntrack-iptables-rules"}) {
    if (!fleet.config_true(key))
      continue;
    keys.push_back(key);
    f.evidence.push_back(config_evidence(fleet, key));
  }
  if (keys.empty())
    return;
  f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
  f.summary = join(keys, ", ") + " need" + (keys.size() == 1 ? "s" : "") +
              " the kube-proxy replacement, which is off";
  sink.add(std::move(f));
}

}  // namespace

Checks kpr_mode_checks() {
  return {
      {"kpr-mode-off-no-kube-proxy", {Need::kube_proxies}, mode_off_no_kube_proxy},
      {"kpr-value-strict-silently-ignored", {Need::version}, value_strict_ignored},
      {"kpr-value-invalid-for-version", {Need::version, Need::cilium_config}, value_invalid},
      {"kpr-removed-flags-in-values", {Need::version, Need::cilium_config}, removed_flags},
      {"kpr-running-differs-from-configured", {Need::agents, Need::cilium_config}, running_differs},
      {"kpr-nodes-differ", {Need::agents}, nodes_differ},
      {"kpr-ciliumnodeconfig-not-applied",
       {Need::version, Need::node_configs},
       node_config_not_applied},
      {"kpr-operator-config-stale", {Need::pods}, operator_config_stale},
      {"kpr-socketlb-off", {Need::agents}, socketlb_off},
      {"kpr-dependent-feature-without-kpr",
       {Need::version, Need::cilium_config},
       dependent_feature},
  };
}

}  // namespace kpr::checks
