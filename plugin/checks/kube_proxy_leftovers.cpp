// Section 2: kube-proxy that still runs, comes back, or left something behind.
#include <algorithm>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::KprMode;
using facts::KubeProxy;

struct Modes {
  std::size_t on = 0, other = 0;
};
Modes modes(const facts::Fleet& fleet) {
  Modes m;
  for (const auto& a : fleet.agents)
    if (a.status && a.status->mode_seen)
      ++(a.status->mode == KprMode::on ? m.on : m.other);
  return m;
}

// Who starts kube-proxy here, and so who has to stop it.
Steps off_switch(const facts::Fleet& fleet, const KubeProxy& k) {
  const auto say = &Step::say;
  const auto run = [](finding::OurText command) {
    return Step::run(command);
  };
  switch (fleet.distribution) {
  case facts::Distribution::eks:
    return {run("aws eks describe-addon --cluster-name {cluster} --addon-name kube-proxy"),
            run("aws eks delete-addon --cluster-name {cluster} --addon-name kube-proxy"),
            run("kubectl -n kube-system delete ds kube-proxy --ignore-not-found")};
  case facts::Distribution::aks:
    return {say("with {\"enabled\": false} in kube-proxy.json:"),
            run("az aks update -g {group} -n {cluster} --kube-proxy-config kube-proxy.json")};
  case facts::Distribution::talos:
    return {say("set cluster.proxy.disabled: true in the machine configuration (talosctl patch "
                "mc), then:"),
            run("kubectl -n kube-system delete ds kube-proxy")};
  case facts::Distribution::rke2:
    return {say("write `disable-kube-proxy: true` into /etc/rancher/rke2/config.yaml of every "
                "server"),
            Step::run("rm /var/lib/rancher/rke2/agent/pod-manifests/kube-proxy.yaml",
                      finding::Where::each_node),
            say("then restart rke2-server or rke2-agent there")};
  case facts::Distribution::k3s:
    return {say("write `disable-kube-proxy: true` into /etc/rancher/k3s/config.yaml of every "
                "server, restart k3s there, then on the agents")};
  case facts::Distribution::kops:
    return {say("set spec.kubeProxy.enabled: false (kops edit cluster), then kops update cluster "
                "--yes and kops rolling-update cluster --yes")};
  case facts::Distribution::openshift:
    return {run("kubectl patch network.operator cluster --type merge -p "
                "'{\"spec\":{\"deployKubeProxy\":false}}'")};
  default:
    break;
  }
  if (k.form == KubeProxy::Form::static_pod)
    return {say("remove kube-proxy's manifest from the static pod directory of every node "
                "(deleting the mirror pod does not help)")};
  return {run("kubectl -n {other-ns} get ds/{other} cm/kube-proxy -o yaml > "
              "kube-proxy-backup.yaml"),
          run("kubectl -n {other-ns} delete ds {other}"),
          run("kubectl -n {other-ns} delete cm kube-proxy")};
}

// "DaemonSet kube-system/kube-proxy" as values.
Values parts_of(const std::string& object) {
  const auto slash = object.find('/');
  const auto blank = object.find(' ');
  const bool whole = slash != std::string::npos && blank != std::string::npos;
  return {{"other-ns", whole ? object.substr(blank + 1, slash - blank - 1) : "kube-system"},
          {"other", slash != std::string::npos ? object.substr(slash + 1) : "kube-proxy"}};
}

void still_running(const facts::Fleet& fleet, Sink& sink) {
  const Modes m = modes(fleet);
  const bool configured = fleet.configured_mode() == KprMode::on;
  if (m.on == 0 && (m.other > 0 || !configured))
    return sink.not_applicable("Cilium does not replace kube-proxy here");
  Finding f = sink.make("");
  const KubeProxy* first = nullptr;
  for (const auto& k : *fleet.kube_proxies) {
    if (!k.running() || k.form == KubeProxy::Form::in_process)
      continue;
    if (first == nullptr)
      first = &k;
    f.objects.push_back(k.object);
    f.nodes.insert(f.nodes.end(), k.nodes.begin(), k.nodes.end());
    f.evidence.push_back({k.object, k.text});
  }
  if (first == nullptr)
    return;
  for (const auto& a : fleet.agents)
    if (a.status && a.status->mode == KprMode::on && f.evidence.size() < 4)
      f.evidence.push_back({a.status->source, mode_line(*a.status)});
  const bool node_config =
      fleet.node_configs &&
      std::any_of(fleet.node_configs->begin(), fleet.node_configs->end(), [](const auto& c) {
        return c.defaults.count("kube-proxy-replacement") > 0;
      });
  const bool label =
      fleet.nodes && std::any_of(fleet.nodes->begin(), fleet.nodes->end(), [](const auto& n) {
        return n.labels.count("io.cilium.migration/kube-proxy-replacement") > 0;
      });
  // Half-way in a migration both are meant to be there, on different nodes.
  std::set<std::string> both;
  std::vector<std::string> needed_on;  // nodes that have nobody else
  for (const auto& n : f.nodes)
    if (const auto* a = fleet.agent_on(n);
        a != nullptr && a->status && a->status->replaces_kube_proxy())
      both.insert(n);
    else
      needed_on.push_back(n);
  const bool migrating =
      m.other > 0 || (node_config && !configured) || label || (!needed_on.empty() && !both.empty());
  if (migrating) {
    if (both.empty())
      return;
    f.severity = Severity::warn;
    f.nodes.assign(both.begin(), both.end());
    f.summary =
        "kube-proxy still runs on " + nodes_of(both.size()) + " where Cilium already replaces it";
  } else {
    f.summary = "kube-proxy still runs although every agent replaces it";
  }
  if (!needed_on.empty()) {
    f.fix = {Step::say("kube-proxy has to stay while {nodes} have no agent that replaces it: bring "
                       "these agents up first")
                 .with({{"nodes", needed_on}})};
    return sink.add(std::move(f));
  }
  f.fix = off_switch(fleet, *first);
  f.fix.push_back(Step::say("then clean its rules on every node (kubectl kpr explain "
                            "kube-proxy-iptables-left)"));
  f.values = parts_of(first->object);
  sink.add(std::move(f));
}

void invisible_in_process(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.distribution != facts::Distribution::k3s)
    return sink.not_applicable(
        "only k3s tells in its annotations whether it runs kube-proxy inside its process");
  Finding f = sink.make("");
  for (const auto& k : *fleet.kube_proxies) {
    if (k.form != KubeProxy::Form::in_process)
      continue;
    f.nodes = k.nodes;
    f.objects.push_back(k.object);
    f.evidence.push_back({k.object + " .metadata.annotations", k.text});
  }
  if (f.nodes.empty())
    return;
  for (const auto& a : fleet.agents)
    if (a.iptables)
      for (const auto& t : *a.iptables)
        if (t.canary && f.evidence.size() < 4)
          f.evidence.push_back({t.source, "chain KUBE-PROXY-CANARY"});
  const Modes m = modes(fleet);
  const bool replaced = m.on > 0 || (m.other == 0 && fleet.configured_mode() == KprMode::on);
  f.severity = replaced ? Severity::error : Severity::info;
  f.summary = replaced ? "k3s runs kube-proxy inside its own process next to Cilium's replacement"
                       : "k3s runs kube-proxy inside its own process; no pod shows it";
  sink.add(std::move(f));
}

bool has_daemonset(const facts::Fleet& fleet) {
  return std::any_of(
      fleet.kube_proxies->begin(), fleet.kube_proxies->end(), [](const KubeProxy& k) {
        return k.form == KubeProxy::Form::daemonset;
      });
}

void configmap_left(const facts::Fleet& fleet, Sink& sink) {
  const auto* map = fleet.config_map("kube-system", "kube-proxy");
  if (map == nullptr) {
    if (fleet.kind != evidence::SourceKind::cluster)
      return sink.skip("ConfigMap kube-system/kube-proxy is not part of this evidence");
    return;
  }
  if (has_daemonset(fleet))
    return sink.not_applicable("the DaemonSet is still there");
  if (fleet.distribution != facts::Distribution::kubeadm &&
      fleet.distribution != facts::Distribution::unknown &&
      fleet.distribution != facts::Distribution::kind)
    return sink.not_applicable("not a kubeadm cluster");
  Finding f = sink.make("ConfigMap kube-system/kube-proxy is left: the next `kubeadm upgrade` "
                        "installs kube-proxy again");
  f.objects.push_back("ConfigMap kube-system/kube-proxy");
  f.evidence.push_back(
      {"ConfigMap kube-system/kube-proxy", "exists; DaemonSet kube-system/kube-proxy does not"});
  sink.add(std::move(f));
}

// "1.31.4" of the API server, from kubelets as a stand-in: the newest control-plane node's.
std::optional<facts::Version> kubernetes_version(const facts::Fleet& fleet) {
  std::optional<facts::Version> best;
  if (fleet.nodes)
    for (const auto& n : *fleet.nodes)
      if (const auto v = facts::parse_version(n.kubelet); v && (!best || *v > *best))
        best = v;
  return best;
}

void will_readd(const facts::Fleet& fleet, Sink& sink) {
  const auto* map = fleet.config_map("kube-system", "kubeadm-config");
  if (map == nullptr) {
    if (fleet.kind != evidence::SourceKind::cluster)
      return sink.skip("ConfigMap kube-system/kubeadm-config is not part of this evidence");
    return sink.not_applicable("not a kubeadm cluster");
  }
  const Modes m = modes(fleet);
  if (m.on == 0 && fleet.configured_mode() != KprMode::on)
    return sink.not_applicable("Cilium does not replace kube-proxy here");
  const auto text = map->data.find("ClusterConfiguration");
  if (text == map->data.end())
    return sink.skip("kubeadm-config has no ClusterConfiguration");
  const bool beta4 = text->second.find("kubeadm.k8s.io/v1beta4") != std::string::npos;
  // proxy:\n  disabled: true
  bool disabled = false;
  bool in_proxy = false;
  for (std::string_view line : split(text->second, '\n')) {
    if (line.starts_with("proxy:"))
      in_proxy = true;
    else if (!line.empty() && line.front() != ' ')
      in_proxy = false;
    if (in_proxy && line.find("disabled: true") != std::string_view::npos)
      disabled = true;
  }
  const auto version = kubernetes_version(fleet);
  const bool ignores =
      version && version->major == 1 && version->minor == 32 && version->patch == 0;
  Finding f = sink.make("");
  f.objects.push_back("ConfigMap kube-system/kubeadm-config");
  const KubeProxy* back = nullptr;
  for (const auto& k : *fleet.kube_proxies)
    if (k.form == KubeProxy::Form::daemonset && k.created && fleet.cilium_ds != nullptr &&
        fleet.cilium_ds->created && *k.created > *fleet.cilium_ds->created)
      back = &k;
  const bool map_left = fleet.config_map("kube-system", "kube-proxy") != nullptr;
  if (back != nullptr) {
    f.evidence.push_back({back->object,
                          "created " + format_rfc3339(*back->created) + ", after DaemonSet " +
                              fleet.cilium_ds->name + " of " +
                              format_rfc3339(*fleet.cilium_ds->created)});
    f.summary =
        "kube-proxy came back after Cilium was installed, and kubeadm will install it again";
  } else if (ignores) {
    f.evidence.push_back({"Nodes .status.nodeInfo.kubeletVersion", "v" + version->text});
    f.summary = "kubeadm 1.32.0 installs kube-proxy again whatever its configuration says";
  } else if (disabled) {
    return;
  } else if (beta4) {
    f.evidence.push_back({"ConfigMap kube-system/kubeadm-config",
                          "ClusterConfiguration of v1beta4 without proxy.disabled: true"});
    f.summary =
        "kubeadm-config does not say that kube-proxy is off: an upgrade may install it again";
  } else if (map_left) {
    f.evidence.push_back({"ConfigMap kube-system/kube-proxy", "still exists"});
    f.summary =
        "kubeadm will install kube-proxy again with the next upgrade: its ConfigMap is still there";
  } else {
    return;  // v1beta3 has no such field; with the ConfigMap gone the add-on is skipped
  }
  if (has_daemonset(fleet) && back == nullptr && !ignores)
    f.severity = Severity::info;
  sink.add(std::move(f));
}

void iptables_left(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.runs_kube_proxy())
    return sink.not_applicable("kube-proxy runs: the rules are its own");
  const bool may_run =
      std::all_of(fleet.agents.begin(), fleet.agents.end(), [&](const facts::Agent& a) {
        return fleet.kube_proxy_serves(a.node).value_or(true);
      });
  if (may_run && !fleet.agents.empty())
    return sink.not_applicable("the distribution may run kube-proxy inside its own process");
  Finding f = sink.make("");
  std::size_t judged = 0, rejects = 0, chains = 0;
  std::optional<facts::Missing> why;
  for (const auto& a : fleet.agents) {
    if (!a.iptables) {
      if (!why)
        why = a.iptables.missing();
      continue;
    }
    if (fleet.kube_proxy_serves(a.node).value_or(true))
      continue;  // where kube-proxy may run, nothing is left over
    ++judged;
    bool left = false;
    for (const auto& t : *a.iptables) {
      if (!t.left())
        continue;
      left = true;
      rejects += t.rejects;
      chains += t.service_chains;
      std::string text = t.command + ": " + count_of(t.service_chains, "service chain") + ", " +
                         count_of(t.rules, "rule") +
                         (t.rejects > 0 ? ", " + count_of(t.rejects, "REJECT") : "");
      if (f.evidence.size() < 8) {
        f.evidence.push_back({t.source, text});
        for (const auto& s : t.samples)
          if (s.find("REJECT") != std::string::npos)
            f.evidence.push_back({t.source, shorten(s)});
      }
    }
    if (left)
      f.nodes.push_back(a.node);
  }
  if (judged == 0)
    return nothing_told(fleet,
                        sink,
                        {"iptables-nft-save", "iptables-legacy-save"},
                        "iptables of no node could be read" +
                            (why ? ": " + std::string(evidence::to_string(why->reason)) : ""));
  if (f.nodes.empty())
    return;
  f.severity = rejects > 0 || chains > 0 ? Severity::error : Severity::warn;
  f.summary = "rules of a removed kube-proxy are left on " + nodes_of(f.nodes.size()) +
              (rejects > 0 ? ", and reject traffic to Services" : "");
  sink.add(std::move(f));
}

bool proxy_mode_is(const facts::Fleet& fleet, std::string_view mode, Proof& proof) {
  const auto* map = fleet.config_map("kube-system", "kube-proxy");
  if (map == nullptr)
    return false;
  const auto conf = map->data.find("config.conf");
  if (conf == map->data.end())
    return false;
  for (std::string_view line : split(conf->second, '\n')) {
    auto t = trim(line);
    if (!t.starts_with("mode:"))
      continue;
    t = trim(t.substr(5));
    if (!t.empty() && (t.front() == '"' || t.front() == '\''))
      t = t.substr(1, t.size() - 2);
    if (t != mode)
      return false;
    proof = {"ConfigMap kube-system/kube-proxy config.conf", std::string(trim(line))};
    return true;
  }
  return false;
}

void ipvs_left(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.runs_kube_proxy())
    return sink.not_applicable("kube-proxy runs");
  Finding f = sink.make("");
  std::size_t judged = 0;
  for (const auto& a : fleet.agents) {
    if (!a.interfaces)
      continue;
    ++judged;
    const auto* ipvs = facts::find_interface(*a.interfaces, "kube-ipvs0");
    if (ipvs == nullptr)
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 4)
      f.evidence.push_back({"`ip a` of " + a.node, ipvs->line});
  }
  if (judged == 0)
    return nothing_told(fleet, sink, {"ip-a"}, "the interfaces of no node could be read");
  if (f.nodes.empty())
    return;
  f.summary = "the device kube-ipvs0 of a removed kube-proxy is left on " +
              nodes_of(f.nodes.size()) + " and takes every ClusterIP as its own";
  sink.add(std::move(f));
}

void ipvs_119(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.version->is_minor(1, 19))
    return sink.not_applicable("only Cilium 1.19 is known to do this");
  Proof proof;
  if (!proxy_mode_is(fleet, "ipvs", proof)) {
    if (fleet.config_map("kube-system", "kube-proxy") == nullptr &&
        fleet.kind != evidence::SourceKind::cluster)
      return sink.skip("ConfigMap kube-system/kube-proxy is not part of this evidence");
    return sink.not_applicable("kube-proxy does not use ipvs");
  }
  if (!fleet.runs_kube_proxy() || fleet.config("enable-k8s-host-firewall-bypass") == "false")
    return sink.not_applicable("kube-proxy is gone, or the bypass is off");
  Finding f = sink.make("");
  f.evidence.push_back(proof);
  for (const auto* p : fleet.cilium_pods) {
    const auto* c = p->container("config");
    if (c == nullptr || p->ready() || c->restarts < 1) {
      if (c == nullptr || p->ready() || c->state.kind != facts::StateKind::running)
        continue;
      const auto age = fleet.age(c->state.started);
      if (!age || *age < std::chrono::seconds(60))
        continue;
    }
    f.nodes.push_back(p->node);
    if (f.evidence.size() < 5)
      f.evidence.push_back(
          {p->path("Pod") + " container config",
           c->last.message.empty() ? "running, never finished" : shorten(c->last.message)});
  }
  if (f.nodes.empty())
    return;
  f.summary = "the init container config of " + nodes_of(f.nodes.size()) +
              " cannot reach the API server through kube-proxy in ipvs mode (Cilium 1.19)";
  sink.add(std::move(f));
}

void nftables_left(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.runs_kube_proxy())
    return sink.not_applicable("kube-proxy runs");
  Finding f = sink.make("");
  std::size_t judged = 0;
  for (const auto& a : fleet.agents) {
    const auto* o = a.output("nft-tables");
    if (o == nullptr || o->exit_code != 0)
      continue;
    ++judged;
    for (const char* table : {"table ip kube-proxy", "table ip6 kube-proxy"}) {
      const auto line = line_with(o->out, table);
      if (line.empty())
        continue;
      f.nodes.push_back(a.node);
      f.evidence.push_back({o->source, line});
    }
  }
  if (judged == 0)
    return nothing_told(fleet, sink, {"nft-tables"}, "the nftables of no node could be listed");
  if (f.nodes.empty())
    return;
  f.summary = "nftables of a removed kube-proxy are left on " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size());
  sink.add(std::move(f));
}

void wait_for_kube_proxy(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.runs_kube_proxy())
    return sink.not_applicable("kube-proxy runs");
  Finding f = sink.make("");
  for (const auto* p : fleet.cilium_pods) {
    const auto* c = p->container("wait-for-kube-proxy");
    if (c == nullptr || c->state.kind != facts::StateKind::running || p->ready())
      continue;
    const auto age = fleet.age(c->state.started);
    if (age && *age < std::chrono::seconds(60))
      continue;
    f.nodes.push_back(p->node);
    f.objects.push_back(p->path("Pod"));
    f.evidence.push_back(
        {p->path("Pod") + " .status.initContainerStatuses[wait-for-kube-proxy]",
         "running" +
             (c->state.started ? " since " + format_rfc3339(*c->state.started) : std::string())});
  }
  if (f.nodes.empty())
    return;
  f.summary = "the agents of " + nodes_of(f.nodes.size()) +
              " wait for a kube-proxy that does not exist any more";
  sink.add(std::move(f));
}

void metrics_consumers(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.runs_kube_proxy())
    return sink.not_applicable("kube-proxy runs");
  Finding f = sink.make("");
  for (const auto& s : *fleet.services) {
    if (s.name.find("kube-proxy") == std::string::npos ||
        s.name.find("windows") != std::string::npos)
      continue;
    std::size_t endpoints = 0;
    for (const auto& slice : *fleet.endpoint_slices)
      if (slice.ns == s.ns && slice.service == s.name)
        for (const auto& e : slice.endpoints)
          endpoints += e.addresses.size();
    if (endpoints > 0)
      continue;
    f.objects.push_back(s.path("Service"));
    f.evidence.push_back({s.path("Service"), "selects kube-proxy and has no endpoints"});
  }
  if (f.objects.empty())
    return;
  f.summary = "something still expects kube-proxy's metrics: " + list_of(f.objects);
  sink.add(std::move(f));
}

}  // namespace

Checks kube_proxy_leftovers_checks() {
  return {
      {"kube-proxy-still-running", {Need::kube_proxies}, still_running},
      {"kube-proxy-invisible-in-process", {Need::nodes, Need::kube_proxies}, invisible_in_process},
      {"kube-proxy-configmap-left", {Need::kube_proxies}, configmap_left},
      {"kubeadm-will-readd-kube-proxy", {Need::kube_proxies}, will_readd},
      {"kube-proxy-iptables-left", {Need::kube_proxies}, iptables_left},
      {"kube-proxy-ipvs-left", {Need::kube_proxies}, ipvs_left},
      {"kube-proxy-ipvs-cilium-119-config-init-hangs", {Need::version, Need::pods}, ipvs_119},
      {"kube-proxy-nftables-left", {Need::kube_proxies}, nftables_left},
      {"wait-for-kube-proxy-deadlock", {Need::pods, Need::kube_proxies}, wait_for_kube_proxy},
      {"kube-proxy-metrics-consumers",
       {Need::services, Need::endpoint_slices, Need::kube_proxies},
       metrics_consumers},
  };
}

}  // namespace kpr::checks
