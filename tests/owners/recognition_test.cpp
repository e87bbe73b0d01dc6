#define BOOST_TEST_MODULE owners
#include <boost/test/unit_test.hpp>
#include <functional>

#include "owned.hpp"

using namespace kpr::test;
using namespace kpr::facts;

namespace {

struct Case {
  const char* what;
  std::function<void(Owned&)> make;
  Owner owner;
  Confidence confidence;
  const char* name = nullptr;      // "ns/name" of the owner's own object
  const char* conflict = nullptr;  // words of one; none must be there where null
};
constexpr auto D = Confidence::decisive, L = Confidence::likely, U = Confidence::unknown;

json object(const std::string& ns, const std::string& name, json spec = json::object()) {
  return {{"metadata", {{"namespace", ns}, {"name", name}}}, {"spec", std::move(spec)}};
}
json addon(json o, const std::string& file) {
  o["metadata"]["annotations"] = {
      {"objectset.rio.cattle.io/owner-gvk", "k3s.cattle.io/v1, Kind=Addon"},
      {"objectset.rio.cattle.io/owner-name", file}};
  return o;
}
void written_by(json& secret, const std::string& manager) {
  secret["metadata"]["managedFields"] =
      json::array({{{"manager", manager}, {"operation", "Update"}}});
}
void helm(Owned& c, const std::string& manager = "helm") {
  c.helm_marks();
  c.manager(manager);
  written_by(c.release(1), manager);
}

const Case k_cases[] = {
    // Helm and its relatives
    {"helm",
     [](Owned& c) {
       helm(c);
     },
     Owner::helm,
     D,
     "kube-system/cilium"},
    {"helm, objects without managers",
     [](Owned& c) {
       c.helm_marks();
       c.release(3);
     },
     Owner::helm,
     D,
     "kube-system/cilium"},
    {"helm, a hand edit on top",
     [](Owned& c) {
       helm(c);
       c.manager("kubectl-edit", "2026-03-01T11:00:00Z");
     },
     Owner::helm,
     D,
     "kube-system/cilium"},
    {"helm, restarted with kubectl",
     [](Owned& c) {
       helm(c);
       c.manager("kubectl-rollout", "2026-03-01T11:00:00Z");
       c.manager("kube-controller-manager", "2026-03-01T11:01:00Z");
     },
     Owner::helm,
     D,
     "kube-system/cilium"},
    {"helm on k3s, whose own process writes the status",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       helm(c);
       c.manager("k3s", "2026-03-01T11:01:00Z");
     },
     Owner::helm,
     D,
     "kube-system/cilium"},
    {"helm on Talos",
     [](Owned& c) {
       c.os_image("Talos (v1.13.2)");
       helm(c);
     },
     Owner::helm,
     D},
    {"helm on nodes of kOps with a chart of one's own",
     [](Owned& c) {
       c.node_label("kops.k8s.io/instancegroup", "nodes");
       helm(c);
     },
     Owner::helm,
     D},
    {"helm on nodes of Cluster API",
     [](Owned& c) {
       c.node_annotation("cluster.x-k8s.io/cluster-name", "prod");
       helm(c);
     },
     Owner::helm,
     D},
    {"Secrets are forbidden, manager helm",
     [](Owned& c) {
       c.helm_marks();
       c.manager("helm");
       c.forbidden = {"secrets"};
     },
     Owner::helm,
     L,
     "kube-system/cilium"},
    {"Helm's marks without a record",
     [](Owned& c) {
       c.helm_marks();
       c.manager("helm");
     },
     Owner::unknown,
     U,
     nullptr,
     "its record is not"},
    {"a record older than what runs, which somebody else wrote",
     [](Owned& c) {
       c.helm_marks();
       c.release(1, "deployed", "cilium", "kube-system", "1.16.1");
       c.manager("kubectl-client-side-apply");
     },
     Owner::unknown,
     U,
     nullptr,
     "is left over"},
    {"two releases in two namespaces",
     [](Owned& c) {
       helm(c);
       c.release(1, "deployed", "cilium", "cilium");
     },
     Owner::helm,
     D,
     "kube-system/cilium",
     "another release of Cilium, cilium/cilium"},
    {"cilium-cli",
     [](Owned& c) {
       helm(c, "cilium");
     },
     Owner::cilium_cli,
     D},
    {"cilium-cli, Secrets forbidden",
     [](Owned& c) {
       c.helm_marks();
       c.manager("cilium");
       c.forbidden = {"secrets"};
     },
     Owner::cilium_cli,
     L},
    {"cilium-cli before Helm",
     [](Owned& c) {
       c.manager("cilium");
     },
     Owner::cilium_cli_classic,
     L},
    {"helm, and a value set with cilium config set",
     [](Owned& c) {
       helm(c);
       c.config["metadata"]["managedFields"].push_back(
           {{"manager", "cilium"}, {"operation", "Update"}, {"time", "2026-03-01T11:30:00Z"}});
     },
     Owner::helm,
     D},
    {"MicroK8s' add-on",
     [](Owned& c) {
       c.node_label("microk8s.io/cluster", "true");
       helm(c);
       c.secrets[0]["release"]["config"] = {
           {"cni", {{"confPath", "/var/snap/microk8s/current/args/cni-network"}}}};
     },
     Owner::microk8s,
     D,
     "kube-system/cilium"},
    {"kubespray",
     [](Owned& c) {
       c.node_annotation("kubeadm.alpha.kubernetes.io/cri-socket", "unix:///run/containerd.sock");
       c.static_pod("nginx-proxy-n2", "docker.io/library/nginx:1.28");
       helm(c, "cilium");
     },
     Owner::kubespray,
     L},
    {"Terraform",
     [](Owned& c) {
       helm(c, "terraform-provider-helm_v2.12.1_x5");
     },
     Owner::terraform,
     D,
     "kube-system/cilium"},
    {"Pulumi's Release",
     [](Owned& c) {
       helm(c, "pulumi-resource-kubernetes");
     },
     Owner::pulumi_release,
     L},
    {"Pulumi's Chart",
     [](Owned& c) {
       c.manager("pulumi-kubernetes-d1a2b3c4", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::pulumi_chart,
     D},
    // Argo CD
    {"Argo CD",
     [](Owned& c) {
       c.tracking_id("cni");
       c.manager("argocd-controller", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::argocd,
     D,
     "/cni"},
    {"Argo CD, applications in other namespaces",
     [](Owned& c) {
       c.tracking_id("platform_cni");
     },
     Owner::argocd,
     D,
     "platform/cni"},
    {"Argo CD over an old release",
     [](Owned& c) {
       helm(c);
       c.tracking_id("cni");
     },
     Owner::argocd,
     D,
     "/cni",
     "do not use it, and do not uninstall it"},
    {"a tracking id of another object, copied",
     [](Owned& c) {
       helm(c);
       c.annotate("argocd.argoproj.io/tracking-id", "web:apps/DaemonSet:shop/web");
     },
     Owner::helm,
     D,
     "kube-system/cilium"},
    {"Argo CD renders the ConfigMap alone",
     [](Owned& c) {
       helm(c);
       c.config["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] =
           "extra:/ConfigMap:kube-system/cilium-config";
     },
     Owner::helm,
     D,
     "kube-system/cilium",
     "is rendered by Argo CD's application extra"},
    {"Argo CD with label tracking",
     [](Owned& c) {
       c.label("argocd.argoproj.io/instance", "cni");
     },
     Owner::argocd,
     D,
     "/cni"},
    {"Argo CD with the common label, of an application that is here",
     [](Owned& c) {
       c.label("app.kubernetes.io/instance", "cni");
       c.more["applications"] = {object("argocd", "cni")};
     },
     Owner::argocd,
     D,
     "argocd/cni"},
    {"the common label alone",
     [](Owned& c) {
       c.label("app.kubernetes.io/instance", "cilium");
       helm(c);
     },
     Owner::helm,
     D},
    // Flux
    {"Flux",
     [](Owned& c) {
       helm(c, "helm-controller");
       c.label("helm.toolkit.fluxcd.io/name", "cni");
       c.label("helm.toolkit.fluxcd.io/namespace", "flux-system");
     },
     Owner::flux,
     D,
     "flux-system/cni"},
    {"Flux, and a newer revision by hand",
     [](Owned& c) {
       helm(c, "helm-controller");
       c.label("helm.toolkit.fluxcd.io/name", "cni");
       c.label("helm.toolkit.fluxcd.io/namespace", "flux-system");
       written_by(c.release(2), "helm");
     },
     Owner::flux,
     D,
     "flux-system/cni",
     "made by hand: Flux undoes it"},
    {"Flux applies manifests",
     [](Owned& c) {
       c.label("kustomize.toolkit.fluxcd.io/name", "infra");
       c.label("kustomize.toolkit.fluxcd.io/namespace", "flux-system");
       c.manager("kustomize-controller", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::flux_manifests,
     D,
     "flux-system/infra"},
    {"Flux' labels where the server has no Flux",
     [](Owned& c) {
       c.label("helm.toolkit.fluxcd.io/name", "cni");
       c.absent = {"helmreleases"};
     },
     Owner::unknown,
     U},
    {"Flux and Argo CD",
     [](Owned& c) {
       c.tracking_id("cni");
       c.label("helm.toolkit.fluxcd.io/name", "cni");
       c.label("helm.toolkit.fluxcd.io/namespace", "flux-system");
     },
     Owner::argocd,
     D,
     "/cni",
     "both mark Cilium as theirs"},
    {"Fleet",
     [](Owned& c) {
       c.annotate("objectset.rio.cattle.io/id", "default-cni-cilium-cattle-fleet");
     },
     Owner::fleet,
     L},
    {"kapp",
     [](Owned& c) {
       c.label("kapp.k14s.io/app", "1700000000");
     },
     Owner::kapp,
     L},
    // k3s and RKE2
    {"HelmChart of k3s from a file",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       helm(c);
       c.more["helmcharts"] = {addon(object("kube-system",
                                            "cilium",
                                            {{"chart", "cilium"},
                                             {"repo", "https://helm.cilium.io/"},
                                             {"targetNamespace", "kube-system"}}),
                                     "cni")};
     },
     Owner::helmchart,
     D,
     "kube-system/cilium"},
    {"HelmChart told by the pod of its job",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       helm(c);
       c.pods.push_back({{"metadata",
                          {{"namespace", "kube-system"},
                           {"name", "helm-install-cilium-8dxlm"},
                           {"labels", {{"helmcharts.helm.cattle.io/chart", "cilium"}}}}},
                         {"status", {{"phase", "Succeeded"}}}});
     },
     Owner::helmchart,
     D,
     "kube-system/cilium"},
    {"HelmChart of something else",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       helm(c);
       c.more["helmcharts"] = {
           object("kube-system", "traefik", {{"chart", "https://%{K}%/static/traefik-34.tgz"}})};
     },
     Owner::helm,
     D},
    {"HelmChart, and a revision without its controller's label",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       helm(c);
       c.secrets[0]["metadata"]["labels"]["helmcharts.helm.cattle.io/configHash"] = "SHA256=1";
       c.release(2);
       c.more["helmcharts"] = {object("kube-system", "cilium", {{"chart", "cilium"}})};
     },
     Owner::helmchart,
     D,
     "kube-system/cilium",
     "made by hand"},
    {"RKE2's bundled chart",
     [](Owned& c) {
       c.kubelet("v1.33.1+rke2r1");
       c.image("rancher/mirrored-cilium-cilium:v1.18.4");
       c.helm_marks("rke2-cilium");
       c.manager("helm");
       c.release(1, "deployed", "rke2-cilium", "kube-system", "1.18.401");
     },
     Owner::rke2,
     D,
     "kube-system/rke2-cilium"},
    {"RKE2 with a chart of one's own",
     [](Owned& c) {
       c.kubelet("v1.33.1+rke2r1");
       helm(c);
       c.more["helmcharts"] = {
           object("kube-system", "cilium", {{"chart", "oci://quay.io/cilium/charts/cilium"}})};
     },
     Owner::helmchart,
     D,
     "kube-system/cilium"},
    {"RKE2 with Helm",
     [](Owned& c) {
       c.kubelet("v1.33.1+rke2r1");
       helm(c);
     },
     Owner::helm,
     D},
    {"RKE2 with Argo CD",
     [](Owned& c) {
       c.kubelet("v1.33.1+rke2r1");
       c.tracking_id("cilium");
     },
     Owner::argocd,
     D},
    {"provisioned by Rancher",
     [](Owned& c) {
       c.kubelet("v1.33.1+rke2r1");
       c.helm_marks("rke2-cilium");
       c.release(1, "deployed", "rke2-cilium", "kube-system", "1.18.401");
       c.more["helmcharts"] = {object("kube-system", "rke2-cilium", {{"chart", "rke2-cilium"}})};
       c.more["helmchartconfigs"] = {
           addon(object("kube-system", "rke2-cilium"), "managed-chart-config")};
     },
     Owner::rancher,
     D,
     "kube-system/rke2-cilium"},
    {"imported into Rancher",
     [](Owned& c) {
       c.kubelet("v1.33.1+rke2r1");
       c.helm_marks("rke2-cilium");
       c.release(1, "deployed", "rke2-cilium", "kube-system", "1.18.401");
       c.more["helmcharts"] = {object("kube-system", "rke2-cilium", {{"chart", "rke2-cilium"}})};
       c.more["helmchartconfigs"] = {
           addon(object("kube-system", "rke2-cilium"), "my-cilium"),
           addon(object("kube-system", "rke2-ingress-nginx"), "managed-chart-config")};
     },
     Owner::rke2,
     D},
    {"a manifest in server/manifests",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       c.annotate("objectset.rio.cattle.io/owner-gvk", "k3s.cattle.io/v1, Kind=Addon");
       c.annotate("objectset.rio.cattle.io/owner-name", "cilium-install");
     },
     Owner::addon_file,
     D},
    // Distributions
    {"k0s",
     [](Owned& c) {
       c.kubelet("v1.33.1+k0s");
       helm(c, "k0s");
       c.more["charts"] = {object("kube-system",
                                  "k0s-addon-chart-cilium",
                                  {{"chartName", "cilium/cilium"}, {"releaseName", "cilium"}})};
     },
     Owner::k0s,
     D,
     "kube-system/k0s-addon-chart-cilium"},
    {"k0s, its Charts not read",
     [](Owned& c) {
       c.kubelet("v1.33.1+k0s");
       helm(c, "k0s");
     },
     Owner::k0s,
     L},
    {"k0s with Helm",
     [](Owned& c) {
       c.kubelet("v1.33.1+k0s");
       helm(c);
       c.more["charts"] = {object("kube-system",
                                  "k0s-addon-chart-openebs",
                                  {{"chartName", "openebs/openebs"}, {"releaseName", "openebs"}})};
     },
     Owner::helm,
     D},
    {"Talos from 1.13 on",
     [](Owned& c) {
       c.os_image("Talos (v1.13.9)");
       c.annotate("config.k8s.io/owning-inventory", "talos-bootstrap-manifests-inventory");
       c.manager("talos", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::talos,
     D},
    {"Talos lists what Helm took over",
     [](Owned& c) {
       c.os_image("Talos (v1.13.9)");
       helm(c);
       c.config_maps.push_back(
           {{"metadata",
             {{"namespace", "kube-system"}, {"name", "talos-bootstrap-manifests-inventory"}}},
            {"data", {{"kube-system_cilium_apps_DaemonSet", "v1"}}}});
     },
     Owner::helm,
     D,
     "kube-system/cilium",
     "Talos' inventory lists Cilium too"},
    {"Talos' inventory without Cilium",
     [](Owned& c) {
       c.os_image("Talos (v1.13.9)");
       helm(c);
       c.config_maps.push_back(
           {{"metadata",
             {{"namespace", "kube-system"}, {"name", "talos-bootstrap-manifests-inventory"}}},
            {"data", {{"kube-system_kube-proxy_apps_DaemonSet", "v1"}}}});
     },
     Owner::helm,
     D},
    {"Talos before 1.13",
     [](Owned& c) {
       c.os_image("Talos (v1.9.2)");
     },
     Owner::talos,
     L},
    {"kubectl apply on Talos",
     [](Owned& c) {
       c.os_image("Talos (v1.9.2)");
       c.manager("kubectl-client-side-apply");
     },
     Owner::manifests,
     D},
    {"kubectl apply",
     [](Owned& c) {
       c.manager("kubectl-client-side-apply");
     },
     Owner::manifests,
     D},
    {"kubectl apply on the server's side",
     [](Owned& c) {
       c.manager("kubectl", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::manifests,
     D},
    {"kubectl replace after apply",
     [](Owned& c) {
       c.manager("kubectl-client-side-apply", "2026-03-01T09:00:00Z");
       c.manager("kubectl-replace");
     },
     Owner::manifests,
     D},
    {"only the annotation of apply",
     [](Owned& c) {
       c.annotate("kubectl.kubernetes.io/last-applied-configuration", "");
     },
     Owner::manifests,
     D},
    {"minikube",
     [](Owned& c) {
       c.node_label("minikube.k8s.io/name", "minikube");
       c.manager("kubectl-client-side-apply");
     },
     Owner::minikube,
     L},
    {"Helm on minikube",
     [](Owned& c) {
       c.node_label("minikube.k8s.io/name", "minikube");
       helm(c);
     },
     Owner::helm,
     D},
    {"OpenShift's operator",
     [](Owned& c) {
       c.node_label("node.openshift.io/os_id", "rhcos");
       helm(c, "manager");
       c.ds["metadata"]["ownerReferences"] =
           json::array({{{"kind", "CiliumConfig"}, {"name", "cilium"}, {"controller", true}}});
     },
     Owner::openshift,
     D},
    {"OpenShift with Helm",
     [](Owned& c) {
       c.node_label("node.openshift.io/os_id", "rhcos");
       helm(c);
     },
     Owner::helm,
     D},
    {"kOps",
     [](Owned& c) {
       c.node_label("kops.k8s.io/instancegroup", "nodes");
       c.label("app.kubernetes.io/managed-by", "kops");
       c.label("addon.kops.k8s.io/name", "networking.cilium.io");
       c.manager("kops", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::kops,
     D},
    {"Gardener",
     [](Owned& c) {
       c.node_label("worker.gardener.cloud/pool", "w1");
       c.annotate("resources.gardener.cloud/description",
                  "DO NOT EDIT - This resource is managed by gardener-resource-manager.");
     },
     Owner::gardener,
     D},
    {"Deckhouse",
     [](Owned& c) {
       for (json* o : {&c.ds, &c.config, &c.op})
         (*o)["metadata"]["namespace"] = "d8-cni-cilium";
       c.ds["metadata"]["name"] = "agent";
       c.ds["metadata"]["labels"] = {{"app", "agent"}};
       c.ds["spec"]["selector"]["matchLabels"] = {{"app", "agent"}};
       c.label("heritage", "deckhouse");
       c.label("module", "cni-cilium");
     },
     Owner::deckhouse,
     D},
    {"Canonical Kubernetes",
     [](Owned& c) {
       c.node_label("k8sd.io/role", "worker");
       c.image("ghcr.io/canonical/cilium:1.18.4-ck1");
       c.helm_marks("ck-network");
       c.manager("k8sd");
       c.release(4, "deployed", "ck-network");
     },
     Owner::canonical,
     D,
     "kube-system/ck-network"},
    {"EKS Anywhere",
     [](Owned& c) {
       c.kubelet("v1.33.1-eks-473151a");
       c.node_annotation("cluster.x-k8s.io/cluster-name", "prod");
       c.image("public.ecr.aws/eks-anywhere/cilium/cilium:v1.18.4-eksa.1");
       c.manager("eks-a-controller", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::eks_anywhere,
     D},
    {"an EKS add-on",
     [](Owned& c) {
       c.kubelet("v1.33.1-eks-473151a");
       c.manager("eks", "2026-03-01T10:00:00Z", "Apply");
     },
     Owner::eks_addon,
     D},
    {"EKS with Helm",
     [](Owned& c) {
       c.kubelet("v1.33.1-eks-473151a");
       helm(c);
     },
     Owner::helm,
     D},
    {"CAREN",
     [](Owned& c) {
       c.node_annotation("cluster.x-k8s.io/cluster-name", "prod");
       helm(c, "manager");
       c.ds["spec"]["template"]["metadata"]["annotations"] = {
           {"caren.nutanix.com/restartedAt", "2026-03-01T10:00:00Z"}};
     },
     Owner::caren,
     D},
    {"HelmChartProxy",
     [](Owned& c) {
       c.node_annotation("cluster.x-k8s.io/cluster-name", "prod");
       helm(c, "manager");
     },
     Owner::capi_helm,
     L},
    {"ClusterResourceSet",
     [](Owned& c) {
       c.node_annotation("cluster.x-k8s.io/cluster-name", "prod");
       c.manager("manager");
     },
     Owner::capi_manifests,
     L},
    // Providers
    {"AKS, by the labels of its own Flux",
     [](Owned& c) {
       c.node_label("kubernetes.azure.com/cluster", "MC_g_c_westeurope");
       c.helm_marks("aks-managed-cilium");
       c.label("helm.toolkit.fluxcd.io/name", "cilium-adapter-helmrelease");
       c.label("helm.toolkit.fluxcd.io/namespace", "64c3fdd8b54f9b0001f0aa11");
       c.manager("helm-controller");
     },
     Owner::aks,
     D},
    {"AKS, by two of its marks",
     [](Owned& c) {
       c.node_label("kubernetes.azure.com/cluster", "MC_g_c_westeurope");
       c.image("mcr.microsoft.com/containernetworking/cilium/cilium:v1.18.4");
       c.config["data"]["ipam"] = "delegated-plugin";
     },
     Owner::aks,
     D},
    {"AKS with a CNI of one's own",
     [](Owned& c) {
       c.node_label("kubernetes.azure.com/cluster", "MC_g_c_westeurope");
       helm(c);
     },
     Owner::helm,
     D},
    {"GKE Dataplane V2",
     [](Owned& c) {
       c.kubelet("v1.33.1-gke.1392000");
       c.ds["metadata"]["name"] = "anetd";
     },
     Owner::gke,
     D},
    {"GKE with Helm",
     [](Owned& c) {
       c.kubelet("v1.33.1-gke.1392000");
       helm(c);
     },
     Owner::helm,
     D},
    {"Terway",
     [](Owned& c) {
       c.node_label("alibabacloud.com/nodepool-id", "np1");
       c.ds["metadata"]["name"] = "terway-eniip";
       c.ds["metadata"]["labels"] = {{"app", "terway-eniip"}};
       c.ds["spec"]["selector"]["matchLabels"] = {{"app", "terway-eniip"}};
       c.ds["spec"]["template"]["spec"]["containers"][0]["name"] = "policy";
     },
     Owner::ack,
     D},
    {"DigitalOcean",
     [](Owned& c) {
       c.node_label("doks.digitalocean.com/node-pool", "p");
     },
     Owner::doks,
     D},
    {"DigitalOcean with a release of one's own",
     [](Owned& c) {
       c.node_label("doks.digitalocean.com/node-pool", "p");
       helm(c);
     },
     Owner::helm,
     D},
    {"Scaleway",
     [](Owned& c) {
       c.node_label("k8s.scaleway.com/pool-name", "p");
     },
     Owner::scaleway,
     L},
    {"TKE",
     [](Owned& c) {
       c.provider("qcloud:///100003/");
     },
     Owner::tke,
     L},
    {"TKE with Helm",
     [](Owned& c) {
       c.provider("qcloud:///100003/");
       helm(c);
     },
     Owner::helm,
     D},
    {"OVHcloud",
     [](Owned& c) {
       c.provider("openstack:///");
       c.node_label("nodepool", "p");
       c.ds["spec"]["template"]["spec"]["containers"][0]["env"] = json::array(
           {{{"name", "KUBERNETES_SERVICE_HOST"}, {"value", "abc123.c1.gra.k8s.ovh.net"}}});
     },
     Owner::ovh,
     L},
    {"OpenStack with kubeadm",
     [](Owned& c) {
       c.provider("openstack:///");
       helm(c);
     },
     Owner::helm,
     D},
    // Nobody
    {"no mark at all", [](Owned&) {}, Owner::unknown, U},
    {"the label on other people's objects means nothing",
     [](Owned& c) {
       helm(c);
       c.static_pod("nginx-proxy-n2", "nginx");
       c.pods.back()["metadata"]["labels"] = {{"addonmanager.kubernetes.io/mode", "Reconcile"}};
     },
     Owner::helm,
     D},
};

}  // namespace

BOOST_AUTO_TEST_CASE(owners_are_told_by_their_marks) {
  for (const Case& c : k_cases) {
    Owned cluster;
    c.make(cluster);
    const Fleet fleet = cluster.fleet();
    const Ownership& o = fleet.ownership;
    BOOST_TEST_CONTEXT(c.what) {
      BOOST_TEST(id_of(o.owner) == id_of(c.owner));
      BOOST_TEST(static_cast<int>(o.confidence) == static_cast<int>(c.confidence));
      BOOST_TEST(o.signs.empty() == (c.owner == Owner::unknown));
      for (const Sign& sign : o.signs)
        BOOST_TEST((!sign.object.empty() && !sign.text.empty()));
      if (c.name != nullptr)
        BOOST_TEST(o.ns + "/" + o.name == c.name);
      std::string all;
      for (const Conflict& conflict : o.conflicts)
        all += conflict.sentence + "\n";
      if (c.conflict == nullptr)
        BOOST_TEST(all == "");
      else
        BOOST_TEST(all.find(c.conflict) != std::string::npos, all);
    }
  }
}
