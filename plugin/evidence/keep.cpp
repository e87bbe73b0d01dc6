#include "evidence/keep.hpp"

#include <nlohmann/json.hpp>

#include "util/strings.hpp"

namespace kpr::evidence {
namespace {

// Paths are separated by blanks, keys by dots, alternatives stand in {a,b}; $name is a shape. What
// stands in values whose keys are anybody's (annotations, env, args, data) is kept_values.hpp's
// business.
struct Row {
  std::string_view name;
  std::string_view paths;
};

constexpr Row k_shapes[] = {
    {"meta",
     "apiVersion kind "
     "metadata.{name,namespace,uid,labels,annotations,creationTimestamp,deletionTimestamp} "
     "metadata.ownerReferences.{kind,name,uid,controller}"},
    // Who wrote it, which says who manages it.
    {"written", "metadata.generation metadata.managedFields.{manager,operation,time,subresource}"},
    {"container",
     "{name,image,imagePullPolicy,command,args} "
     "ports.{name,containerPort,hostPort,hostIP,protocol} "
     "env.{name,value} env.valueFrom.{configMapKeyRef,fieldRef,secretKeyRef,resourceFieldRef}"},
    {"state",
     "{name,image,imageID,ready,started,restartCount} "
     "{state,lastState}.{waiting,running,terminated}."
     "{reason,message,exitCode,startedAt,finishedAt}"},
    {"condition", "{type,status,reason,message,lastTransitionTime,lastHeartbeatTime}"},
    {"about", "{kind,namespace,name,uid,fieldPath}"},
    {"selector", "matchLabels matchExpressions.{key,operator,values}"},
    {"placement",
     "nodeSelector tolerations.{key,operator,value,effect} "
     "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"},
    {"template",
     "metadata.{labels,annotations} spec.hostNetwork spec.$placement "
     "spec.{containers,initContainers}.$container"},
};

constexpr Row k_rows[] = {
    {"pods",
     "$meta spec.{nodeName,hostNetwork,runtimeClassName,nodeSelector} spec.imagePullSecrets.name "
     "spec.{containers,initContainers,ephemeralContainers}.$container "
     "status.{phase,reason,message,podIP,hostIP,startTime} status.podIPs.ip "
     "status.{containerStatuses,initContainerStatuses,ephemeralContainerStatuses}.$state "
     "status.conditions.$condition"},
    {"nodes",
     "$meta spec.{podCIDR,podCIDRs,providerID,unschedulable} spec.taints.{key,value,effect} "
     "status.addresses.{type,address} status.images.{names,sizeBytes} "
     "status.nodeInfo.{architecture,containerRuntimeVersion,kernelVersion,kubeletVersion,"
     "kubeProxyVersion,operatingSystem,osImage} status.conditions.$condition"},
    {"events",
     "apiVersion kind metadata.{name,namespace,creationTimestamp} "
     "{involvedObject,regarding}.$about {source,deprecatedSource}.{component,host} "
     "series.{count,lastObservedTime} type reason message note count action "
     "{firstTimestamp,lastTimestamp,eventTime} "
     "{reportingComponent,reportingController,reportingInstance} "
     "{deprecatedCount,deprecatedFirstTimestamp,deprecatedLastTimestamp}"},
    {"services",
     "$meta spec.{type,clusterIP,clusterIPs,externalIPs,externalName,ipFamilies,ipFamilyPolicy,"
     "loadBalancerIP,loadBalancerSourceRanges,loadBalancerClass,selector,internalTrafficPolicy,"
     "externalTrafficPolicy,sessionAffinity,trafficDistribution,healthCheckNodePort,"
     "allocateLoadBalancerNodePorts,publishNotReadyAddresses} "
     "spec.sessionAffinityConfig.clientIP.timeoutSeconds "
     "spec.ports.{name,protocol,port,nodePort,targetPort,appProtocol} "
     "status.loadBalancer.ingress.{ip,hostname,ipMode} status.conditions.$condition"},
    {"endpointslices",
     "$meta addressType ports.{name,port,protocol} endpoints.{addresses,nodeName,zone} "
     "endpoints.conditions.{ready,serving,terminating} endpoints.hints.forZones.name "
     "endpoints.targetRef.{kind,namespace,name}"},
    {"endpoints",
     "$meta subsets.ports.{name,port,protocol} "
     "subsets.{addresses,notReadyAddresses}.{ip,nodeName,hostname} "
     "subsets.{addresses,notReadyAddresses}.targetRef.{kind,namespace,name}"},
    {"namespaces", "apiVersion kind metadata.{name,labels}"},
    {"configmaps", "$meta $written data"},
    {"secrets", "$meta type data.release"},  // Helm's releases alone, which are cut too
    {"daemonsets",
     "$meta $written spec.template.$template spec.selector.matchLabels spec.updateStrategy.type "
     "status.{desiredNumberScheduled,currentNumberScheduled,numberReady,numberAvailable,"
     "numberUnavailable,numberMisscheduled,updatedNumberScheduled,observedGeneration}"},
    {"deployments",
     "$meta $written spec.template.$template spec.replicas spec.selector.matchLabels "
     "spec.strategy.type status.{replicas,readyReplicas,updatedReplicas,availableReplicas,"
     "unavailableReplicas,observedGeneration}"},
    {"replicasets",
     "$meta spec.{replicas,selector} status.{replicas,readyReplicas,availableReplicas}"},
    {"persistentvolumes",
     "apiVersion kind metadata.{name,creationTimestamp} spec.nfs.server spec.csi.driver "
     "spec.csi.volumeAttributes.{server,share,source}"},
    {"ciliumnodes", "$meta spec.addresses.{type,ip} spec.ipam.podCIDRs"},
    {"ciliumnodeconfigs", "$meta spec.defaults spec.nodeSelector.$selector"},
    {"ciliumendpoints", "apiVersion kind metadata.{name,namespace} status.state"},
    // Who manages Cilium. Their values hold credentials at times, and are nobody's business.
    {"helmcharts", "$meta spec.{chart,targetNamespace,version,failurePolicy,bootstrap}"},
    {"helmchartconfigs", "$meta spec.failurePolicy"},
    {"helmreleases", "$meta spec.{releaseName,targetNamespace,suspend,interval}"},
    {"charts", "$meta spec.{chartName,releaseName,namespace,version,forceUpgrade}"},
    {"ciliuml2announcementpolicies",
     "$meta spec.{interfaces,externalIPs,loadBalancerIPs} "
     "spec.{serviceSelector,nodeSelector}.$selector"},
    {"ciliumloadbalancerippools",
     "$meta spec.disabled spec.blocks.{cidr,start,stop} spec.serviceSelector.$selector"},
    {"leases", "$meta spec.{holderIdentity,leaseDurationSeconds,acquireTime,renewTime}"},
    {"ciliumlocalredirectpolicies",
     "$meta spec.redirectFrontend.addressMatcher.{ip,toPorts} "
     "spec.redirectFrontend.serviceMatcher.{serviceName,namespace,toPorts} "
     "spec.redirectBackend.toPorts spec.redirectBackend.localEndpointSelector.$selector"},
    {"helm-metadata", "name namespace status revision chart version appVersion deployedAt"},
    {"version", "gitVersion major minor platform"},
};
// Of any other resource only that there is such an object.
constexpr std::string_view k_other = "$meta";
// Their keys are their own; see kept_values.hpp.
constexpr std::string_view k_free_form[] = {"helm-values"};

void add_all(Keep& root, std::string_view paths);

void add(Keep& root, std::string_view path) {
  const std::size_t dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  const std::string_view tail =
      dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  if (head.starts_with('$')) {
    for (const Row& shape : k_shapes)
      if (shape.name == head.substr(1))
        add_all(root, shape.paths);
    return;
  }
  const bool group = head.starts_with('{');
  for (const std::string_view key : split(group ? head.substr(1, head.size() - 2) : head, ',')) {
    Keep& child = root.children[std::string(key)];
    if (!tail.empty())
      add(child, tail);
  }
}

void add_all(Keep& root, std::string_view paths) {
  for (const std::string_view path : split(paths, ' '))
    add(root, path);
}

Keep tree_of(std::string_view paths) {
  Keep tree;
  add_all(tree, paths);
  return tree;
}

std::map<std::string, Keep, std::less<>> build() {
  std::map<std::string, Keep, std::less<>> all;
  for (const Row& row : k_rows)
    all.emplace(row.name, tree_of(row.paths));
  for (const std::string_view resource : k_free_form)
    all.emplace(resource, Keep{});
  return all;
}

}  // namespace

const Keep* keep_of(std::string_view resource) {
  static const auto all = build();
  static const Keep other = tree_of(k_other);
  const auto found = all.find(resource);
  return found == all.end() ? &other : &found->second;
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

void drop_misplaced(nlohmann::json& value, const Keep& keep) {
  if (keep.children.empty())
    return;
  if (!value.is_structured())
    value = nullptr;
  else if (value.is_array())
    for (nlohmann::json& child : value)
      drop_misplaced(child, keep);
  else
    for (auto& [key, child] : value.items())
      drop_misplaced(child, *keep.child(key));
}

}  // namespace kpr::evidence
