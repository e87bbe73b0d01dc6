#include "privacy/anonymize.hpp"

#include <algorithm>

#include "evidence/helm_release.hpp"
#include "os/address.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::privacy {

using namespace evidence;

namespace {

using Json = nlohmann::json;

template <std::size_t N>
bool one_of(std::string_view name, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

// A name of a part that everybody has: "coredns", "coredns-7c65d6cfc9-abcde", "kube-system".
template <std::size_t N>
bool begins_with_one_of(std::string_view name, const std::string_view (&list)[N]) {
  return std::any_of(std::begin(list), std::end(list), [name](std::string_view part) {
    return name.starts_with(part) && (name.size() == part.size() || name[part.size()] == '-');
  });
}

constexpr std::string_view k_namespaces[] = {
    "kube-system",   "kube-public",     "kube-node-lease", "default",      "cilium",
    "cilium-system", "cilium-secrets",  "cilium-test",     "cilium-spire", "metallb-system",
    "calico-system", "tigera-operator", "kube-flannel",    "istio-system", "istio-cni",
    "linkerd",       "linkerd-cni",     "ingress-nginx",   "cert-manager", "local-path-storage",
    "gke-managed",   "openshift",       "cattle",          "gmp-system",   "calico-apiserver",
    "traefik",       "longhorn-system", "rook-ceph",       "konnectivity"};
constexpr std::string_view k_parts[] = {"kube",
                                        "cilium",
                                        "anetd",
                                        "hubble",
                                        "clustermesh",
                                        "coredns",
                                        "etcd",
                                        "calico",
                                        "canal",
                                        "flannel",
                                        "metallb",
                                        "controller",
                                        "speaker",
                                        "istio",
                                        "istiod",
                                        "ztunnel",
                                        "linkerd",
                                        "node-local-dns",
                                        "nodelocaldns",
                                        "ingress-nginx",
                                        "cert-manager",
                                        "openshift",
                                        "kubernetes",
                                        "aws-node",
                                        "ebs-csi",
                                        "azure",
                                        "antrea",
                                        "weave",
                                        "konnectivity",
                                        "local-path",
                                        "rke2",
                                        "k3s",
                                        "rancher",
                                        "talos",
                                        "svclb",
                                        "traefik",
                                        "tigera",
                                        "typha",
                                        "multus",
                                        "spire",
                                        "nginx-proxy",
                                        "haproxy",
                                        "metrics-server",
                                        "cloud-controller",
                                        "csi",
                                        "helm",
                                        "networking-calico",
                                        "rook",
                                        "kubeadm",
                                        "cluster-info",
                                        "extension-apiserver",
                                        "sdn",
                                        "ovnkube",
                                        "gke",
                                        "eks",
                                        "aks",
                                        "ip-masq-agent",
                                        "envoy",
                                        "operator",
                                        "pause",
                                        "node-problem",
                                        "vpa",
                                        "mirrored",
                                        "cluster-autoscaler",
                                        "keepalived"};
constexpr std::string_view k_images[] = {"library",
                                         "cilium",
                                         "cilium-ci",
                                         "operator",
                                         "operator-generic",
                                         "kube-proxy",
                                         "pause",
                                         "coredns",
                                         "nginx",
                                         "busybox",
                                         "alpine",
                                         "redis",
                                         "etcd",
                                         "google-containers",
                                         "k8s",
                                         "kubernetes",
                                         "rancher",
                                         "eks",
                                         "oss",
                                         "mirrored-pause",
                                         "hyperkube",
                                         "metrics-server",
                                         "calico",
                                         "flannel",
                                         "metallb",
                                         "istio",
                                         "ubuntu",
                                         "debian",
                                         "httpd",
                                         "postgres",
                                         "mysql",
                                         "python",
                                         "golang",
                                         "memcached",
                                         "mariadb",
                                         "node",
                                         "rke2-runtime",
                                         "hubble-relay",
                                         "hubble-ui",
                                         "hubble-ui-backend",
                                         "cilium-envoy",
                                         "certgen",
                                         "clustermesh-apiserver",
                                         "startup-script",
                                         "json-mock",
                                         "alpine-curl",
                                         "dns"};
constexpr std::string_view k_public_hosts[] = {
    "docker.io",     "docker.com",     "quay.io",
    "k8s.io",        "gcr.io",         "ghcr.io",
    "microsoft.com", "public.ecr.aws", "nvcr.io",
    "kubernetes.io", "cilium.io",      "cluster.local",
    "svc",           "github.com",     "githubusercontent.com",
    "pkg.dev",       "gitlab.com",     "cloudflarestorage.com",
    "redhat.io",     "redhat.com",     "suse.com",
    "rancher.io",    "localhost",      "kubernetes",
    "default"};
constexpr std::string_view k_key_domains[] = {"kubernetes.io",
                                              "k8s.io",
                                              "cilium.io",
                                              "projectcalico.org",
                                              "openshift.io",
                                              "amazonaws.com",
                                              "google.com",
                                              "azure.com",
                                              "istio.io",
                                              "linkerd.io",
                                              "metallb.io",
                                              "universe.tf",
                                              "k3s.io",
                                              "cattle.io",
                                              "rke2.io",
                                              "talos.dev",
                                              "io.cilium",
                                              "microk8s.io",
                                              "flannel.alpha.coreos.com",
                                              "node.alpha.coreos.com",
                                              "cilium"};
constexpr std::string_view k_own_keys[] = {"k8s-app",
                                           "component",
                                           "tier",
                                           "name",
                                           "controller-revision-hash",
                                           "pod-template-generation",
                                           "pod-template-hash",
                                           "statefulset.kubernetes.io/pod-name"};
constexpr std::string_view k_name_keys[] = {"name",
                                            "namespace",
                                            "nodeName",
                                            "hostname",
                                            "host",
                                            "node",
                                            "serviceName",
                                            "targetPort",
                                            "portName",
                                            "claimName",
                                            "k8s-namespace",
                                            "k8s-pod-name",
                                            "pod-name",
                                            "release",
                                            "clusterName",
                                            "cluster-name"};
constexpr std::string_view k_untouched[] = {"uid",
                                            "resourceVersion",
                                            "kubeletVersion",
                                            "kubeProxyVersion",
                                            "kernelVersion",
                                            "containerRuntimeVersion",
                                            "osImage",
                                            "apiVersion",
                                            "kind",
                                            "gitVersion"};
constexpr std::string_view k_removed[] = {"machineID", "systemUUID", "bootID"};

bool is_public_host(std::string_view host) {
  for (const std::string_view known : k_public_hosts)
    if (host == known || (host.ends_with(known) && host[host.size() - known.size() - 1] == '.'))
      return true;
  return false;
}

bool well_known_key(std::string_view key) {
  const std::string_view domain = key.substr(0, key.find('/'));
  if (domain.size() == key.size())
    return one_of(key, k_own_keys);
  return std::any_of(
      std::begin(k_key_domains), std::end(k_key_domains), [domain](std::string_view known) {
        return domain == known ||
               (domain.ends_with(known) && domain[domain.size() - known.size() - 1] == '.') ||
               (known == "io.cilium" && domain.starts_with(known));
      });
}

bool is_address(const std::string& text) {
  return os::parse_address(text).has_value();
}

// registry.example.com:5000/team/app:1.2@sha256:… : what stands before the first slash, when that
// is a host.
std::string_view registry_of(std::string_view image) {
  const std::size_t slash = image.find('/');
  if (slash == std::string_view::npos)
    return {};
  const std::string_view first = image.substr(0, slash);
  return first.find('.') != std::string_view::npos || first.find(':') != std::string_view::npos ||
                 first == "localhost"
             ? first
             : std::string_view{};
}

class Anonymizer {
 public:
  Anonymizer(Evidence& evidence, Pseudonyms& names) : e_(evidence), names_(names) {}

  void run() {
    gather();
    rewrite();
  }

 private:
  // --- what there is

  bool own_namespace(std::string_view ns) const {
    return ns.empty() || ns == e_.cilium_namespace || begins_with_one_of(ns, k_namespaces);
  }
  bool keeps(std::string_view ns, std::string_view name) const {
    return (ns == "default" && name == "kubernetes") ||
           (ns != "default" && own_namespace(ns) && begins_with_one_of(name, k_parts));
  }

  void host(const std::string& name, NameKind kind = NameKind::host) {
    if (name.empty() || name.size() > 253 || is_address(name) || is_public_host(name) ||
        names_.find(name) != nullptr)
      return;
    if (!std::all_of(name.begin(), name.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '.' || c == '-' || c == '_';
        }))
      return;
    const std::string last = name.substr(name.rfind('.') + 1);
    if (kind == NameKind::host &&
        (last == name || last.empty() || !std::all_of(last.begin(), last.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         })))
      return;  // a word, a version
    if (name.find(".svc") != std::string::npos)
      return;  // made of a Service's and a namespace's name
    names_.add(kind, name);
    domain_of(name);
  }

  void domain_of(std::string_view name) {
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos)
      return;
    const std::string_view domain = name.substr(dot + 1);
    if (domain.find('.') == std::string_view::npos || is_public_host(domain) ||
        domain.ends_with(".amazonaws.com") || domain.ends_with(".internal") ||
        domain.ends_with(".io"))
      return;
    names_.add_domain(domain);
  }

  void host_port(std::string_view place) {  // host, host:port, https://host:port/path
    if (const std::size_t scheme = place.find("://"); scheme != std::string_view::npos)
      place.remove_prefix(scheme + 3);
    if (const std::size_t at = place.find('@'); at != std::string_view::npos)
      place.remove_prefix(at + 1);
    if (place.starts_with("["))
      return;
    host(std::string(place.substr(0, place.find_first_of(":/?#\"' "))));
  }

  void image(std::string_view reference) {
    if (reference.empty() || reference.starts_with("sha256:"))
      return;
    if (const std::size_t scheme = reference.find("://"); scheme != std::string_view::npos)
      reference.remove_prefix(scheme + 3);
    const std::string_view registry = registry_of(reference);
    if (!registry.empty()) {
      reference.remove_prefix(registry.size() + 1);
      host(std::string(registry.substr(0, registry.find(':'))), NameKind::registry);
    }
    reference = reference.substr(0, reference.find('@'));
    if (const std::size_t tag = reference.rfind(':'); tag != std::string_view::npos)
      reference = reference.substr(0, tag);
    if (registry.empty() && reference.find('/') == std::string_view::npos)
      return;  // Docker Hub's own
    for (const std::string_view part : split(reference, '/'))
      if (!part.empty() && !one_of(part, k_images) && !begins_with_one_of(part, k_parts))
        names_.add(NameKind::image, part);
  }

  // Hosts that only texts name.
  void hosts_in(std::string_view words) {
    for (std::size_t at = words.find("://"); at != std::string_view::npos;
         at = words.find("://", at + 3))
      host_port(words.substr(at + 3, 300));
    for (std::size_t at = words.find("lookup "); at != std::string_view::npos;
         at = words.find("lookup ", at + 7))
      host_port(words.substr(at + 7, 300));
    for (std::size_t at = words.find("User \""); at != std::string_view::npos;
         at = words.find("User \"", at + 6)) {
      const std::string_view user = words.substr(at + 6, words.substr(at + 6).find('"'));
      if (!user.empty() && user.size() < 200 && !user.starts_with("system:"))
        names_.add(NameKind::other, user);
    }
  }

  void walk(const Json& value, const std::string& key, int depth) {
    if (depth > 64)
      return;
    if (value.is_object()) {
      if (const std::string name = text_at(value, "name");
          !name.empty() && value.contains("value")) {  // an environment variable
        const std::string words = text_at(value, "value");
        if (name.ends_with("_HOST"))
          host_port(words);
        if (name.ends_with("_PROXY") || name.ends_with("_proxy"))
          for (const std::string_view part : split(words, ','))
            host_port(part.starts_with(".") ? part.substr(1) : part);
      }
      for (const auto& [k, child] : value.items())
        walk(child, k, depth + 1);
    } else if (value.is_array()) {
      for (const Json& child : value)
        walk(child, key == "images" || key == "names" ? "names" : key, depth + 1);
    } else if (value.is_string()) {
      const std::string& words = value.get_ref<const std::string&>();
      if (key == "image" || key == "imageID" || key == "repository" ||
          (key == "names" && words.find('/') != std::string::npos))
        image(words);
      else if (key == "externalName" || key == "hostname" || key == "controlPlaneEndpoint" ||
               key == "k8s-api-server" || key == "k8s-service-host" || key == "k8sServiceHost")
        host_port(words);
      hosts_in(words);
      // kubeconfigs and kubeadm's configuration are texts inside of objects
      for (const std::string_view line : words.size() > 8 && words.find('\n') != std::string::npos
                                             ? split(words, '\n')
                                             : std::vector<std::string_view>{}) {
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos)
          continue;
        const std::string_view name = trim(line.substr(0, colon)),
                               rest = trim(line.substr(colon + 2));
        if (name == "controlPlaneEndpoint" || name == "server")
          host_port(rest);
        if (name == "clusterName")
          cluster(std::string(rest));
      }
    }
  }

  void cluster(const std::string& name) {
    if (!name.empty() && name != "default" && name != "kubernetes" && name != "cluster.local")
      names_.add(NameKind::cluster, name);
  }

  void gather() {
    const auto items = [&](const char* resource) {
      const auto found = e_.objects.find(resource);
      return found != e_.objects.end() && found->second ? &found->second->items : nullptr;
    };
    std::vector<std::string> nodes;
    for (const char* resource : {"nodes", "ciliumnodes"})
      if (const auto* list = items(resource))
        for (const Json& node : *list)
          nodes.push_back(text_at(at(node, "metadata"), "name"));
    for (const Agent& agent : e_.agents)
      nodes.push_back(agent.node);
    std::sort(nodes.begin(), nodes.end(), natural_less);
    for (const std::string& node : nodes) {
      if (node.empty())
        continue;
      const std::string pseudonym = names_.add(NameKind::node, node);
      if (const std::size_t dot = node.find('.'); dot != std::string::npos && !is_address(node))
        names_.add_as(NameKind::node, node.substr(0, dot), pseudonym), domain_of(node);
    }
    if (const auto* list = items("nodes"))
      for (const Json& node : *list)
        for (const Json& address : at(at(node, "status"), "addresses"))
          if (const std::string value = text_at(address, "address");
              !is_address(value) && !value.empty()) {
            names_.add_as(
                NameKind::node, value, *names_.find(text_at(at(node, "metadata"), "name")));
            domain_of(value);
          }
    if (const auto* list = items("namespaces"))
      for (const Json& ns : *list)
        name_space(text_at(at(ns, "metadata"), "name"));
    for (const auto& [resource, piece] : e_.objects) {
      if (!piece)
        continue;
      for (const Json& item : piece->items) {
        const Json& metadata = at(item, "metadata");
        const std::string ns = text_at(metadata, "namespace"), name = text_at(metadata, "name");
        name_space(ns);
        if (resource == "pods" || resource == "ciliumendpoints")
          object(NameKind::pod, ns, name);
        else if (resource == "services" || resource == "endpoints")
          object(NameKind::service, ns, name);
        else if (resource == "deployments" || resource == "daemonsets" ||
                 resource == "replicasets" || resource == "jobs" || resource == "statefulsets")
          object(NameKind::workload, ns, name);
        else if (resource == "endpointslices" || resource == "persistentvolumes" ||
                 resource == "ciliumnodeconfigs" || resource == "ciliumlocalredirectpolicies")
          object(NameKind::other, ns, name);
        if (resource == "endpointslices")
          object(
              NameKind::service, ns, text_at(at(metadata, "labels"), "kubernetes.io/service-name"));
        for (const Json& owner : at(metadata, "ownerReferences"))
          if (const std::string kind = text_at(owner, "kind"); kind != "Node")
            object(kind == "Service" || kind == "Endpoints" ? NameKind::service
                   : kind == "Pod"                          ? NameKind::pod
                                                            : NameKind::workload,
                   ns,
                   text_at(owner, "name"));
        if (resource == "events") {
          for (const char* key : {"involvedObject", "regarding"}) {
            const Json& involved = at(item, key);
            const std::string kind = text_at(involved, "kind");
            name_space(text_at(involved, "namespace"));
            if (kind == "Pod")
              object(NameKind::pod, ns, text_at(involved, "name"));
            else if (kind == "Node")
              names_.add(NameKind::node, text_at(involved, "name"));
            else if (kind == "Service" || kind == "Endpoints")
              object(NameKind::service, ns, text_at(involved, "name"));
            else if (!kind.empty() && !text_at(involved, "name").empty())
              object(NameKind::workload, ns, text_at(involved, "name"));
          }
        }
        if (resource == "configmaps")
          cluster(text_at(at(item, "data"), "cluster-name"));
        walk(item, "", 0);
        if (const std::string release = text_at(at(item, "data"), "release"); !release.empty())
          walk(evidence::decode_helm_release(release).value_or(Json()), "", 0);
      }
    }
    for (const Agent& agent : e_.agents)
      if (const auto status = agent.outputs.find("status-verbose");
          status != agent.outputs.end() && status->second)
        names_in_status(status->second->out);
    for (const Agent& agent : e_.agents)
      if (agent.unreachable)
        hosts_in(agent.unreachable->detail);
    for (const Log& log : e_.logs)
      hosts_in(log.tail);
    for (const std::string& note : e_.notes)
      hosts_in(note);
  }

  // Nodes and pods that no object tells of: of other clusters, and those that are gone.
  void names_in_status(std::string_view status) {
    bool health = false, mesh = false;
    for (const std::string_view line : split(status, '\n')) {
      const std::size_t indent = line.find_first_not_of(' ');
      if (indent == std::string_view::npos)
        continue;
      const std::string_view words = line.substr(indent);
      if (indent == 0)
        health = line.starts_with("Name  "), mesh = line.starts_with("ClusterMesh:");
      if (const std::size_t open = words.find(" (");
          open != std::string_view::npos &&
          words.find('/', open) != std::string_view::npos) {  // 10.0.3.9 (default/web-0 [restored])
        const std::size_t slash = words.find('/', open);
        if (words.substr(open + 2, slash - open - 2).find(' ') == std::string_view::npos &&
            is_address(std::string(words.substr(0, open)))) {
          const std::string ns(words.substr(open + 2, slash - open - 2));
          name_space(ns);
          object(
              NameKind::pod,
              ns,
              std::string(words.substr(slash + 1, words.find_first_of(" )", slash) - slash - 1)));
        }
      }
      const std::string_view first = words.substr(0, words.find_first_of(" :"));
      if (mesh && indent > 0 && indent <= 4 && words.find(": ") == first.size() &&
          words.find("ready") != std::string_view::npos)
        cluster(std::string(first));
      if (health && indent == 2 && first.size() > 1) {
        const std::size_t slash = first.find('/');
        if (slash != std::string_view::npos)
          cluster(std::string(first.substr(0, slash)));
        if (const std::string node(first.substr(slash == std::string_view::npos ? 0 : slash + 1));
            !is_address(node))
          names_.add(NameKind::node, node), domain_of(node);
      }
    }
  }

  void name_space(const std::string& ns) {
    if (!ns.empty() && !own_namespace(ns))
      names_.add(NameKind::name_space, ns);
  }
  void object(NameKind kind, const std::string& ns, const std::string& name) {
    if (!name.empty() && !keeps(ns, name))
      names_.add(kind, name);
  }

  // --- what becomes of it

  void labels(Json& map, bool own) {
    if (!map.is_object())
      return;
    Json out = Json::object();
    for (auto& [key, value] : map.items()) {
      const bool keep = well_known_key(key) && (own || key.find('/') != std::string::npos) &&
                        !key.starts_with("app.kubernetes.io/");
      if (!value.is_string())
        out[names_.text(key)] = value;
      else if (keep || own)
        out[names_.text(key)] = known_or_text(value.get_ref<const std::string&>());
      else
        out[names_.text(key)] = names_.label_value(value.get_ref<const std::string&>());
    }
    map = std::move(out);
  }

  std::string known_or_text(const std::string& words) {
    if (const std::string* known = names_.find(words))
      return *known;
    return names_.text(words);
  }

  void annotations(Json& map) {
    if (!map.is_object())
      return;
    Json out = Json::object();
    for (auto& [key, value] : map.items())
      out[names_.text(key)] = value.is_string() && well_known_key(key)
                                  ? Json(names_.text(value.get_ref<const std::string&>()))
                                  : Json("<removed>");
    map = std::move(out);
  }

  void value(Json& json, const std::string& key, bool own, int depth) {
    if (depth > 64) {
      json = nullptr;
    } else if (json.is_object()) {
      const bool selector = (key == "selector" || key == "nodeSelector") &&
                            !json.contains("matchLabels") && !json.contains("matchExpressions");
      if (key == "labels" || key == "matchLabels" || selector)
        return labels(json, own);
      if (key == "annotations")
        return annotations(json);
      Json out = Json::object();
      for (auto& [k, child] : json.items()) {
        value(child, k, own, depth + 1);
        out[key == "data" || key == "defaults" ? k : names_.text(k)] = std::move(child);
      }
      json = std::move(out);
    } else if (json.is_array()) {
      for (Json& child : json)
        value(child, key, own, depth + 1);
    } else if (json.is_string()) {
      std::string& words = json.get_ref<std::string&>();
      if (one_of(key, k_untouched))
        return;
      if (one_of(key, k_removed))
        words = "<removed>";
      else if (key == "providerID")
        words = words.find("://") == std::string::npos
                    ? ""
                    : words.substr(0, words.find("://") + 3) + "removed";
      else if (key == "generateName" && words.ends_with('-'))
        words = known_or_text(words.substr(0, words.size() - 1)) + "-";
      else if (one_of(key, k_name_keys))
        words = known_or_text(words);
      else
        words = names_.text(words);
    }
  }

  void rewrite() {
    for (auto& [resource, piece] : e_.objects) {
      if (!piece) {
        piece = Missing{piece.missing().reason, names_.text(piece.missing().detail)};
        continue;
      }
      piece->source = names_.text(piece->source);
      piece->partial_detail = names_.text(piece->partial_detail);
      if (resource == "version")
        continue;
      for (Json& item : piece->items) {
        const Json& metadata = at(item, "metadata");
        const std::string ns = text_at(metadata, "namespace"), name = text_at(metadata, "name");
        const std::string involved =
            resource == "events"
                ? text_at(
                      at(item,
                         at(item, "involvedObject").is_object() ? "involvedObject" : "regarding"),
                      "name")
                : "";
        std::string release;
        if (resource == "secrets" || resource == "configmaps")
          release = text_at(at(item, "data"), "release");
        if (resource == "events")  // addresses and components there have no namespace of their own
          item.erase("managedFields");
        value(item,
              "",
              resource == "nodes" || resource == "ciliumnodes" || resource == "ciliumnodeconfigs"
                  ? false
                  : own_namespace(ns) && ns != "default",
              0);
        if (!involved.empty() && name.starts_with(involved + "."))
          item["metadata"]["name"] = known_or_text(involved) + name.substr(involved.size());
        if (Result<Json> json = evidence::decode_helm_release(release)) {
          value(*json, "", true, 0);
          item["data"]["release"] = evidence::encode_helm_release(*json);
        }
      }
    }
    for (Agent& agent : e_.agents) {
      agent.node = known_or_text(agent.node);
      agent.pod = known_or_text(agent.pod);
      agent.pod_namespace = known_or_text(agent.pod_namespace);
      agent.origin = names_.text(agent.origin);
      if (agent.unreachable)
        agent.unreachable->detail = names_.text(agent.unreachable->detail);
      for (auto& [command, output] : agent.outputs) {
        if (!output) {
          output = Missing{output.missing().reason, names_.text(output.missing().detail)};
          continue;
        }
        output->out = names_.text(output->out, true);
        output->err = names_.text(output->err);
        output->source = names_.text(output->source);
      }
    }
    for (Log& log : e_.logs) {
      log.ns = known_or_text(log.ns);
      log.pod = known_or_text(log.pod);
      log.tail = names_.text(log.tail);
      log.source = names_.text(log.source);
    }
    for (std::string& note : e_.notes)
      note = names_.text(note);
    e_.cilium_namespace = known_or_text(e_.cilium_namespace);
    e_.description = "anonymised";
  }

  Evidence& e_;
  Pseudonyms& names_;
};

}  // namespace

void anonymize(Evidence& evidence, Pseudonyms& pseudonyms) {
  Anonymizer(evidence, pseudonyms).run();
}

}  // namespace kpr::privacy
