#include "live/lists.hpp"

#include <algorithm>
#include <array>

#include "evidence/arrival.hpp"
#include "evidence/commands.hpp"
#include "evidence/keep.hpp"
#include "util/encoding.hpp"

namespace kpr::live {

using namespace evidence;

namespace {

using nlohmann::json;

enum class Scope { cluster, namespaced, named };
struct Resource {
  std::string_view plural, root;  // root: /api/v1 or /apis/GROUP/VERSION
  Scope scope;
  std::string_view selector;
  // Names and labels are all we need: the server leaves the rest out, and says another kind of what
  // it left.
  std::string_view kind_of_metadata = {};
  // Asked for in one piece out of the server's cache, which may be a moment old: pages behind the
  // first one are read from etcd, and of a custom resource each object is decoded anew there. Paged
  // where one piece is too large.
  bool cached = false;
};
constexpr std::array k_resources{
    Resource{"nodes", "/api/v1", Scope::cluster, ""},
    Resource{"pods", "/api/v1", Scope::namespaced, ""},
    Resource{"services", "/api/v1", Scope::namespaced, ""},
    Resource{"endpoints", "/api/v1", Scope::namespaced, ""},
    Resource{"events", "/api/v1", Scope::namespaced, ""},
    Resource{"secrets", "/api/v1", Scope::namespaced, "owner=helm"},
    Resource{"configmaps", "/api/v1", Scope::named, ""},
    Resource{"namespaces", "/api/v1", Scope::cluster, "", "Namespace"},
    Resource{"persistentvolumes", "/api/v1", Scope::cluster, ""},
    Resource{"endpointslices", "/apis/discovery.k8s.io/v1", Scope::namespaced, ""},
    Resource{"daemonsets", "/apis/apps/v1", Scope::namespaced, ""},
    Resource{"deployments", "/apis/apps/v1", Scope::namespaced, ""},
    Resource{"ciliumnodes", "/apis/cilium.io/v2", Scope::cluster, ""},
    Resource{"ciliumnodeconfigs", "/apis/cilium.io/v2", Scope::namespaced, ""},
    Resource{
        "ciliumendpoints", "/apis/cilium.io/v2", Scope::namespaced, "", "CiliumEndpoint", true},
    Resource{"ciliumlocalredirectpolicies", "/apis/cilium.io/v2", Scope::namespaced, ""},
    Resource{"ciliuml2announcementpolicies", "/apis/cilium.io/v2alpha1", Scope::cluster, ""},
    Resource{"leases", "/apis/coordination.k8s.io/v1", Scope::namespaced, "", "Lease"},
    Resource{"ciliumloadbalancerippools", "/apis/cilium.io/v2", Scope::cluster, ""},
    Resource{"ciliumconfigs", "/apis/cilium.io/v1alpha1", Scope::namespaced, "", "CiliumConfig"},
    Resource{"helmcharts", "/apis/helm.cattle.io/v1", Scope::namespaced, ""},
    Resource{"helmchartconfigs", "/apis/helm.cattle.io/v1", Scope::namespaced, ""},
    Resource{"helmreleases", "/apis/helm.toolkit.fluxcd.io/v2", Scope::namespaced, ""},
    Resource{"applications", "/apis/argoproj.io/v1alpha1", Scope::namespaced, "", "Application"},
    Resource{"charts", "/apis/helm.k0sproject.io/v1beta1", Scope::namespaced, ""},
};

// Where resources were before they had the version that is asked for first.
std::string_view older_root(std::string_view root) {
  if (root == "/apis/cilium.io/v2")
    return "/apis/cilium.io/v2alpha1";
  if (root == "/apis/helm.toolkit.fluxcd.io/v2")  // Flux before 2.3
    return "/apis/helm.toolkit.fluxcd.io/v2beta1";
  return {};
}

}  // namespace

Missing missing_of(const Error& e) {
  switch (e.kind) {
  case ErrorKind::forbidden:
  case ErrorKind::auth:
    return {Reason::no_right, e.message};
  case ErrorKind::timeout:
    return {Reason::timed_out, e.message};
  case ErrorKind::too_large:
    return {Reason::too_large, e.message};
  case ErrorKind::cancelled:
    return {Reason::interrupted, e.message};
  case ErrorKind::not_found:
    return {Reason::agent_down, e.message};
  default:
    return {Reason::failed, e.message};
  }
}

Piece<Objects> list_resource(kube::Client& client,
                             const std::string& plural,
                             const std::string& cilium_namespace,
                             const ObjectSink& sink) {
  const auto it =
      std::find_if(k_resources.begin(), k_resources.end(), [&plural](const Resource& r) {
        return r.plural == plural;
      });
  if (it == k_resources.end())
    return Missing{Reason::not_asked, "the collector does not know the resource " + plural};
  const std::string root(it->root);
  const std::string system = cilium_namespace.empty() ? "kube-system" : cilium_namespace;
  Objects objects;
  Arrival arrival(plural);
  const auto take = [&](json&& object) {
    if (json cut = arrival.take(std::move(object)); !cut.is_null() && !sink.take(plural, cut))
      objects.items.push_back(std::move(cut));
  };
  const auto restart = [&] {
    arrival.restart(), objects.items.clear(), sink.restart(plural);
  };

  if (it->scope ==
      Scope::named) {  // few and by name: a right to read every ConfigMap is more than we need
    objects.source = root + "/namespaces/" + system + "/configmaps";
    std::optional<Error> first;
    bool found = false;
    for (const std::string& name : config_maps()) {
      const std::string ns = name == "cilium-config"  ? system
                             : name == "cluster-info" ? "kube-public"
                                                      : "kube-system";
      auto object = client.get(root + "/namespaces/" + url_encode(ns) + "/configmaps/" + name);
      if (object)
        take(*std::move(object)), found = true;
      else if (object.error().kind != ErrorKind::not_found) {
        objects.partial = true;
        objects.partial_detail = object.error().message;
        if (!first)
          first = object.error();
      }
    }
    if (!found && first)
      return missing_of(*first);
    arrival.tell(objects);
    return objects;
  }

  const auto list_at = [&](const std::string& path, const char* resource_version) {
    objects.source = path;
    const auto on_item = [&](json&& item) {
      if (!it->kind_of_metadata.empty())
        item["kind"] = it->kind_of_metadata,
        item["apiVersion"] = root.substr(root.find('/', 1) + 1);
      take(std::move(item));
    };
    return client.list(
        path,
        {{"labelSelector", std::string(it->selector)}, {"resourceVersion", resource_version}},
        on_item,
        restart,
        !it->kind_of_metadata.empty(),
        keep_of(plural));
  };
  const auto list = [&](const std::string& path) {
    auto listed = list_at(path, it->cached ? "0" : "");
    if (listed || !it->cached || listed.error().kind != ErrorKind::too_large)
      return listed;
    restart();
    return list_at(path, "");
  };
  // Secrets are read in Cilium's namespace only: Helm keeps its releases there.
  const bool everywhere = plural != "secrets";
  std::string path = root + (everywhere ? "/" : "/namespaces/" + url_encode(system) + "/") + plural;
  auto listed = list(path);
  if (const std::string_view older = older_root(root);
      !listed && listed.error().kind == ErrorKind::not_found && !older.empty()) {
    restart();
    listed = list(std::string(older) + "/" + plural);
  }
  if (!listed && listed.error().kind == ErrorKind::forbidden && it->scope == Scope::namespaced &&
      everywhere) {
    const Error everywhere_error = listed.error();
    restart();
    listed = list(root + "/namespaces/" + url_encode(system) + "/" + plural);
    if (!listed)
      return missing_of(everywhere_error);
    objects.partial = true;
    objects.partial_detail = "namespace " + system + " only: " + everywhere_error.message;
  }
  if (!listed) {
    if (listed.error().kind == ErrorKind::not_found)
      return Missing{Reason::no_such_resource, "the API server has no resource " + plural};
    return missing_of(listed.error());
  }
  arrival.tell(objects);
  return objects;
}

}  // namespace kpr::live
