#include "evidence/keep.hpp"

#include <nlohmann/json.hpp>

#include "util/strings.hpp"

namespace kpr::evidence {
namespace {

// Paths are separated by blanks, keys by dots, alternatives stand in {a,b}.
#define KPR_META                                                                                   \
  "apiVersion kind "                                                                               \
  "metadata.{name,namespace,uid,labels,annotations,creationTimestamp,deletionTimestamp} "          \
  "metadata.ownerReferences.{kind,name,uid,controller} "
#define KPR_CONTAINER "{name,image,imagePullPolicy,command,args,ports,env}"
#define KPR_CONTAINER_STATUS "{name,image,imageID,ready,started,restartCount,state,lastState}"
#define KPR_CONDITION "{type,status,reason,message,lastTransitionTime,lastHeartbeatTime}"
#define KPR_ABOUT "{kind,namespace,name,uid,fieldPath}"

struct Row {
  std::string_view resource;
  std::string_view paths;
};
constexpr Row k_rows[] = {
    {"pods",
     KPR_META
     "spec.{nodeName,hostNetwork,runtimeClassName,nodeSelector,imagePullSecrets,affinity} "
     "spec.containers." KPR_CONTAINER " spec.initContainers." KPR_CONTAINER
     " spec.ephemeralContainers." KPR_CONTAINER
     " status.{phase,reason,message,podIP,podIPs,hostIP,startTime} status.conditions." KPR_CONDITION
     " status.containerStatuses." KPR_CONTAINER_STATUS
     " status.initContainerStatuses." KPR_CONTAINER_STATUS
     " status.ephemeralContainerStatuses." KPR_CONTAINER_STATUS},
    {"nodes",
     KPR_META "spec.{podCIDR,podCIDRs,providerID,taints,unschedulable} "
              "status.{addresses,images,nodeInfo} status.conditions." KPR_CONDITION},
    {"events",
     "apiVersion kind metadata.{name,namespace,creationTimestamp} involvedObject." KPR_ABOUT
     " regarding." KPR_ABOUT
     " type reason message note count firstTimestamp lastTimestamp eventTime action source series "
     "reportingComponent reportingController reportingInstance "
     "deprecatedCount deprecatedFirstTimestamp deprecatedLastTimestamp deprecatedSource"},
    {"endpointslices",
     KPR_META "addressType ports endpoints.{addresses,conditions,nodeName,zone,hints} "
              "endpoints.targetRef.{kind,namespace,name}"},
    {"endpoints",
     KPR_META "subsets.ports subsets.addresses.{ip,nodeName,hostname} "
              "subsets.addresses.targetRef.{kind,namespace,name} "
              "subsets.notReadyAddresses.{ip,nodeName,hostname} "
              "subsets.notReadyAddresses.targetRef.{kind,namespace,name}"},
    {"namespaces", "apiVersion kind metadata.{name,labels}"},
    {"persistentvolumes",
     "apiVersion kind metadata.{name,creationTimestamp} spec.nfs.server spec.csi.driver "
     "spec.csi.volumeAttributes.{server,share,source}"},
    {"ciliumendpoints", "apiVersion kind metadata.{name,namespace} status.state"},
    // Who manages Cilium. Values hold credentials at times, and are nobody's business.
    {"helmcharts", KPR_META "spec.{chart,targetNamespace,version,failurePolicy,bootstrap}"},
    {"helmchartconfigs", KPR_META "spec.failurePolicy"},
    {"helmreleases", KPR_META "spec.{releaseName,targetNamespace,suspend,interval}"},
    {"charts", KPR_META "spec.{chartName,releaseName,namespace,version,forceUpgrade}"},
    {"replicasets",
     KPR_META "spec.{replicas,selector} status.{replicas,readyReplicas,availableReplicas}"},
};

void add(Keep& root, std::string_view path) {
  const std::size_t dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  const std::string_view tail =
      dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  const bool group = head.starts_with('{');
  for (const std::string_view key : split(group ? head.substr(1, head.size() - 2) : head, ',')) {
    Keep& child = root.children[std::string(key)];
    if (!tail.empty())
      add(child, tail);
  }
}

std::map<std::string, Keep, std::less<>> build() {
  std::map<std::string, Keep, std::less<>> all;
  for (const Row& row : k_rows)
    for (const std::string_view path : split(row.paths, ' '))
      if (!path.empty())
        add(all[std::string(row.resource)], path);
  return all;
}

}  // namespace

const Keep* keep_of(std::string_view resource) {
  static const auto all = build();
  const auto found = all.find(resource);
  return found == all.end() ? nullptr : &found->second;
}

void prune(nlohmann::json& value, const Keep& keep) {
  if (keep.children.empty())
    return;
  if (value.is_array()) {
    for (nlohmann::json& child : value)
      prune(child, keep);
  } else if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) {
      const Keep* child = keep.child(it.key());
      if (child == nullptr) {
        it = value.erase(it);
      } else {
        prune(it.value(), *child);
        ++it;
      }
    }
  }
}

}  // namespace kpr::evidence
