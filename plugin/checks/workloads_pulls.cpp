// image-pull-*: pulls that fail, each cause by its words, and pulls that hang without a word.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "checks/workloads_common.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Fleet;
using facts::Service;

// What the cause amounts to, after "… cannot be pulled: ".
std::string_view phrase(std::string_view id) {
  if (id == "image-pull-invalid-name")
    return "the name is not a valid image reference";
  if (id == "image-pull-never")
    return "imagePullPolicy is Never and the node does not have it";
  if (id == "image-pull-signature")
    return "the node's signature policy rejects it";
  if (id == "image-pull-rate-limit")
    return "the registry limits the number of pulls";
  if (id == "image-pull-unauthorized")
    return "the registry demands a login, or hides that the repository does not exist";
  if (id == "image-pull-platform")
    return "it has no build for the node's architecture";
  if (id == "image-pull-not-found")
    return "the registry does not have this tag or repository";
  if (id == "image-pull-no-space")
    return "no space is left on the node";
  if (id == "image-pull-x509")
    return "the registry's certificate is not accepted";
  if (id == "image-pull-http-https")
    return "the registry speaks plain HTTP";
  if (id == "image-pull-dns")
    return "the node cannot resolve the name";
  if (id == "image-pull-proxy")
    return "the HTTP proxy of the container runtime fails";
  if (id == "image-pull-refused")
    return "the connection is refused";
  if (id == "image-pull-net-timeout")
    return "the connection times out or breaks";
  if (id == "image-pull-cancelled-no-progress")
    return "the pull was cancelled";
  if (id == "image-pull-deadline")
    return "the pull ran into its deadline";
  if (id == "image-pull-unqualified")
    return "the runtime does not accept a name without a registry";
  return "for a reason that is not in the catalogue";
}

std::string pod_path(const ContainerPull& p) {
  return "Pod " + p.ns + "/" + p.pod;
}

// The Service of this cluster that stands for an address, "" for none.
std::string service_behind(const Fleet& fleet, std::string_view host, int port) {
  if (host.empty())
    return {};
  const bool loopback = host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
  bool node_address = loopback;
  if (fleet.nodes) {
    for (const facts::Node& n : *fleet.nodes) {
      for (const auto& a : n.addresses)
        node_address = node_address || a.address == host;
    }
  }
  if (!fleet.services)
    return {};
  for (const Service& s : *fleet.services) {
    const auto holds = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), host) != list.end();
    };
    if (holds(s.cluster_ips) || holds(s.external_ips) || holds(s.lb_ips) || holds(s.lb_hostnames))
      return s.path("Service");
    const std::string dns = s.name + "." + s.ns + ".svc";
    if (host == dns || host.rfind(dns + ".", 0) == 0)
      return s.path("Service");
    for (const auto& p : s.ports) {
      if (node_address && port != 0 && p.node_port == port)
        return s.path("Service");
    }
  }
  return {};
}

std::string service_of_pull(const Fleet& fleet, const ContainerPull& p) {
  const ImageReference ref = parse_image_reference(p.image);
  std::string service = service_behind(fleet, ref.host, ref.port);
  if (service.empty() && !p.cause.peer.empty() && !p.cause.via_proxy) {
    const ImageReference peer = parse_image_reference(p.cause.peer + "/x");
    service = service_behind(fleet, peer.host, peer.port);
  }
  return service;
}

void add_pulls(Finding& f, const std::vector<ContainerPull>& pulls) {
  std::set<std::string> texts;
  for (const ContainerPull& p : pulls) {
    add_unique(f.nodes, p.node);
    add_unique(f.objects, pod_path(p));
    if (texts.size() < 5 && !p.text.empty() &&
        texts.insert(std::string(bare_pull_error(p.text))).second) {
      f.evidence.push_back({pod_path(p) + ", container " + p.container + ", " + p.source, p.text});
    }
  }
}

Values values_of(const ContainerPull& p, const std::vector<std::string>& nodes) {
  return {{"pod", p.pod},
          {"pod-ns", p.ns},
          {"image", p.image},
          {"container", p.container},
          {"registry", parse_image_reference(p.image).registry},
          {"nodes", nodes}};
}

void failing_pulls(const Fleet& fleet, Sink& sink) {
  std::vector<ContainerPull> mine;
  for (ContainerPull& p : pulls_of(fleet, sink)) {
    if (p.phase == PullPhase::failing && p.cause.id == sink.id())
      mine.push_back(std::move(p));
  }
  if (mine.empty())
    return;
  std::vector<std::string> images, pods, nodes;
  for (const ContainerPull& p : mine) {
    add_unique(images, p.image);
    add_unique(pods, p.ns + "/" + p.pod);
    add_unique(nodes, p.node);
  }
  Finding f = sink.make(fmt::format("{} on {} cannot pull {}: {}",
                                    count_of(pods.size(), "pod"),
                                    name_list(nodes),
                                    name_list(images, 2),
                                    phrase(sink.id())));
  add_pulls(f, mine);
  for (const ContainerPull& p : mine) {
    if (p.text.empty()) {
      f.evidence.push_back(
          {pod_path(p) + " .status",
           fmt::format("{}: {} since {}; no text is left (events expire after an hour)",
                       p.container,
                       p.reason,
                       p.since ? format_rfc3339(*p.since) : "an unknown time")});
      break;
    }
  }
  const PullError& cause = mine.front().cause;
  if (sink.id() == "image-pull-dns" && !cause.resolver.empty()) {
    const ImageReference resolver = parse_image_reference(cause.resolver + "/x");
    if (const std::string service = service_behind(fleet, resolver.host, 0); !service.empty()) {
      f.why += fmt::format(" Here the node's resolver {} is {} of this cluster, so socket "
                           "load-balancing on the host is part of the path.",
                           resolver.host,
                           service);
    }
    if (cause.via_proxy)
      f.why += fmt::format(" The name that does not resolve, {}, is the HTTP proxy's.", cause.name);
  }
  fill_in(f, values_of(mine.front(), nodes));
  sink.add(std::move(f));
}

// A full disk also shows on the node, and the kubelet says that it finds nothing to remove.
void no_space(const Fleet& fleet, Sink& sink) {
  failing_pulls(fleet, sink);
  if (!sink.findings().empty() || !fleet.nodes || !fleet.events)
    return;
  Finding f;
  for (const facts::Node& node : *fleet.nodes) {
    const auto* pressure = node.condition("DiskPressure");
    if (!pressure || pressure->status != "True")
      continue;
    for (const facts::Event& e : *fleet.events) {
      if (e.kind != "Node" || e.name != node.name ||
          (e.reason != "FreeDiskSpaceFailed" && e.reason != "ImageGCFailed"))
        continue;
      add_unique(f.nodes, node.name);
      f.evidence.push_back({"Event " + e.reason + " of Node " + node.name, e.message});
      f.evidence.push_back(
          {"Node " + node.name + " .status.conditions[DiskPressure]", pressure->message});
      break;
    }
  }
  if (f.nodes.empty())
    return;
  Finding out = sink.make(
      fmt::format("{} under disk pressure and cannot free space for images: {}",
                  f.nodes.size() == 1 ? "1 node is" : fmt::format("{} nodes are", f.nodes.size()),
                  name_list(f.nodes)));
  out.nodes = f.nodes;
  out.evidence = f.evidence;
  fill_in(out, {{"nodes", out.nodes}});
  sink.add(std::move(out));
}

std::string where_already(const Fleet& fleet, const std::string& image) {
  if (!fleet.nodes)
    return {};
  std::vector<std::string> nodes;
  for (const facts::Node& node : *fleet.nodes) {
    for (const auto& i : node.images) {
      for (const auto& name : i.names) {
        if (normal_image(name) == normal_image(image))
          add_unique(nodes, node.name);
      }
    }
  }
  return nodes.empty() ? std::string() : fmt::format("{} has the image already", name_list(nodes));
}

// An image that a running pod uses on most nodes, for a test that needs no pull.
std::string image_everywhere(const Fleet& fleet) {
  if (!fleet.cilium_ds || fleet.cilium_ds->containers.empty())
    return {};
  return fleet.cilium_ds->containers.front().image;
}

void stuck_pulls(const Fleet& fleet, Sink& sink) {
  if (!fleet.now_known)
    return sink.skip("the time of the evidence is unknown, so no age can be told");
  const Thresholds& t = sink.thresholds();
  std::size_t linux_nodes = fleet.nodes ? fleet.linux_nodes() : 0;
  for (const PullGroup& g : group_stuck(pulls_of(fleet, sink), t.pull_info, linux_nodes)) {
    std::vector<std::string> pods;
    for (const ContainerPull& p : g.pulls)
      add_unique(pods, p.ns + "/" + p.pod);
    const std::string images = name_list(g.images, 2);
    const std::string since = human_duration(g.oldest);
    std::string common;
    switch (g.common) {
    case PullCommon::one_pod:
      common =
          fmt::format("only {} waits, for {} from {}", g.nodes[0], images, name_list(g.registries));
      break;
    case PullCommon::one_node:
      common = fmt::format("in common is the node {}: its network, DNS, proxy, disk or runtime",
                           g.nodes[0]);
      break;
    case PullCommon::serial_queue:
      common = fmt::format("all wait on {}, where the kubelet pulls one image at a time by "
                           "default: the oldest, {}, holds up the rest",
                           g.nodes[0],
                           g.pulls[0].image);
      break;
    case PullCommon::one_image:
      common = fmt::format(
          "in common is the image {} on {}: a slow or unreachable {}, or a very big image",
          images,
          g.all_nodes ? "every node" : count_of(g.nodes.size(), "node"),
          name_list(g.registries));
      break;
    case PullCommon::one_registry:
      common = fmt::format("in common is the registry {}, from {}",
                           name_list(g.registries),
                           g.all_nodes ? "every node" : count_of(g.nodes.size(), "node"));
      break;
    }
    const bool proven = std::any_of(g.pulls.begin(), g.pulls.end(), [](const ContainerPull& p) {
      return p.event_left;
    });
    const std::string verb = pods.size() == 1 ? "pod has" : "pods have";
    Finding f = sink.make(
        proven ? fmt::format("{} {} been pulling {} for up to {} on {} without success or error",
                             pods.size(),
                             verb,
                             images,
                             since,
                             name_list(g.nodes))
               : fmt::format("{} {} been creating containers for up to {} on {}, most likely "
                             "pulling {}: no event is left",
                             pods.size(),
                             verb,
                             since,
                             name_list(g.nodes),
                             images));
    f.severity = g.oldest >= t.pull_error  ? Severity::error
                 : g.oldest >= t.pull_warn ? Severity::warn
                                           : Severity::info;
    if (!proven && !g.pulls.front().events_known && f.severity > Severity::warn)
      f.severity = Severity::warn;
    f.nodes = g.nodes;
    for (const ContainerPull& p : g.pulls) {
      add_unique(f.objects, pod_path(p));
      if (f.evidence.size() >= 6)
        continue;
      if (p.event_left) {
        f.evidence.push_back({fmt::format("{}, {} {}, event Pulling of {}",
                                          pod_path(p),
                                          p.init ? "init container" : "container",
                                          p.container,
                                          p.since ? format_rfc3339(*p.since) : "unknown time"),
                              p.text + ", and no Pulled or Failed since"});
      } else {
        f.evidence.push_back(
            {fmt::format(
                 "{} .status.containerStatuses[{}].state.waiting", pod_path(p), p.container),
             fmt::format("{} since {}; {}",
                         p.reason,
                         p.since ? format_rfc3339(*p.since) : "unknown time",
                         p.events_known
                             ? "no event left (they expire after an hour), while a missing volume "
                               "or network would be reported again and again"
                             : "events could not be read")});
      }
    }
    f.evidence.push_back({"common cause", common});
    if (const std::string there = where_already(fleet, g.pulls.front().image); !there.empty())
      f.evidence.push_back({"Node .status.images", there});
    if (service_of_pull(fleet, g.pulls.front()).empty()) {
      f.why = "The kubelet has no timeout for pulls, so this never turns into an error by itself. "
              "Images are pulled by the node's container runtime from outside of the "
              "cluster: look at the path from these nodes to the registry; the kube-proxy "
              "replacement is not part of it.";
    } else {
      f.why = fmt::format("The kubelet has no timeout for pulls, so this never turns into an error "
                          "by itself. The registry is {} of this cluster, so the pull depends on "
                          "socket load-balancing on the host.",
                          service_of_pull(fleet, g.pulls.front()));
    }
    fill_in(f, values_of(g.pulls.front(), g.nodes));
    if (const std::string image = image_everywhere(fleet); !image.empty())
      f.fix.push_back(Step::say("for a mere test use an image that every node has already: {image}")
                          .with({{"image", image}}));
    sink.add(std::move(f));
  }
}

void through_service(const Fleet& fleet, Sink& sink) {
  const auto age_min = sink.thresholds().pull_info;
  std::vector<ContainerPull> mine;
  std::vector<std::string> services, images, nodes;
  for (ContainerPull& p : pulls_of(fleet, sink)) {
    if (p.phase == PullPhase::pulling && p.age < age_min)
      continue;
    std::string service = service_of_pull(fleet, p);
    const ImageReference ref = parse_image_reference(p.image);
    const bool by_name =
        ref.host.size() > 4 && (ref.host.find(".svc.") != std::string::npos ||
                                ref.host.compare(ref.host.size() - 4, 4, ".svc") == 0);
    if (service.empty() && by_name)
      service = "a Service named " + ref.host;
    if (service.empty())
      continue;
    add_unique(services, service);
    add_unique(images, p.image);
    add_unique(nodes, p.node);
    mine.push_back(std::move(p));
  }
  if (mine.empty())
    return;
  Finding f = sink.make(fmt::format("{} on {} {} pulled through {} of this same cluster",
                                    name_list(images, 2),
                                    name_list(nodes),
                                    images.size() == 1 ? "is" : "are",
                                    name_list(services)));
  add_pulls(f, mine);
  for (const auto& s : services) {
    if (s.rfind("Service ", 0) == 0)
      add_unique(f.objects, s);
  }
  std::string agent;
  if (const auto* pod = agent_pod_on(fleet, mine.front().node))
    agent = pod->name;
  Values v = values_of(mine.front(), nodes);
  v.set("agent", agent);
  fill_in(f, v);
  sink.add(std::move(f));
}

}  // namespace

Checks pull_checks() {
  Checks out;
  for (const char* id : {"image-pull-invalid-name",
                         "image-pull-never",
                         "image-pull-signature",
                         "image-pull-rate-limit",
                         "image-pull-unauthorized",
                         "image-pull-platform",
                         "image-pull-not-found"}) {
    out.push_back({id, {Need::pods}, failing_pulls});
  }
  out.push_back({"image-pull-no-space", {Need::pods}, no_space});
  for (const char* id : {"image-pull-x509",
                         "image-pull-http-https",
                         "image-pull-dns",
                         "image-pull-proxy",
                         "image-pull-refused",
                         "image-pull-net-timeout",
                         "image-pull-cancelled-no-progress",
                         "image-pull-deadline",
                         "image-pull-unqualified",
                         "image-pull-unknown"}) {
    out.push_back({id, {Need::pods}, failing_pulls});
  }
  out.push_back({"image-pull-stuck-pulling", {Need::pods}, stuck_pulls});
  out.push_back({"image-pull-through-service", {Need::pods, Need::services}, through_service});
  return out;
}

}  // namespace kpr::checks
