#include "kube/config.hpp"

#include <cstdlib>

#include "kube/config_merge.hpp"
#include "kube/small_file.hpp"
#include "util/encoding.hpp"
#include "util/strings.hpp"

namespace kpr::kube {
namespace {

using nlohmann::json;

Error config_error(std::string message, std::string hint = {}) {
  return {.kind = ErrorKind::config, .message = std::move(message), .hint = std::move(hint)};
}

std::string text_of(const json& entry, const char* key) {
  const auto it = entry.find(key);
  if (it == entry.end() || it->is_null())
    return {};
  if (it->is_string())
    return it->get<std::string>();
  if (it->is_boolean())
    return it->get<bool>() ? "true" : "false";
  return {};
}
bool bool_of(const json& entry, const char* key) {
  return text_of(entry, key) == "true";
}

Result<std::string> data_of(const json& entry, const char* key) {
  const std::string text = text_of(entry, key);
  if (text.empty())
    return std::string();
  auto decoded = base64_decode(text);
  if (!decoded)
    return config_error(std::string(key) + " of the kubeconfig is not base64");
  return *std::move(decoded);
}

Result<ExecPlugin> exec_of(const json& entry, const json& cluster) {
  ExecPlugin p;
  p.api_version = text_of(entry, "apiVersion");
  p.command = text_of(entry, "command");
  if (p.command.empty())
    return config_error(
        "invalid configuration: command must be specified for the user's exec plugin");
  if (p.api_version.empty())
    return config_error(
        "invalid configuration: apiVersion must be specified for the user's exec plugin");
  if (p.api_version != "client.authentication.k8s.io/v1" &&
      p.api_version != "client.authentication.k8s.io/v1beta1")
    return config_error("exec plugin: invalid apiVersion \"" + escape_terminal(p.api_version) +
                            "\"",
                        "client.authentication.k8s.io/v1 and v1beta1 are known; update the "
                        "plugin's entry in the kubeconfig");
  if (const auto args = entry.find("args"); args != entry.end() && args->is_array())
    for (const auto& a : *args) {
      if (a.is_string())
        p.args.push_back(a);
      if (a.is_boolean())
        p.args.emplace_back(a.get<bool>() ? "true" : "false");
    }
  if (const auto env = entry.find("env"); env != entry.end() && env->is_array())
    for (const auto& e : *env)
      if (e.is_object())
        p.env.emplace_back(text_of(e, "name"), text_of(e, "value"));
  p.install_hint = text_of(entry, "installHint");
  p.provide_cluster_info = bool_of(entry, "provideClusterInfo");
  const std::string mode = text_of(entry, "interactiveMode");
  if (mode == "Never")
    p.interactive = InteractiveMode::never;
  else if (mode == "Always")
    p.interactive = InteractiveMode::always;
  else if (mode == "IfAvailable" || (mode.empty() && p.api_version.ends_with("v1beta1")))
    p.interactive = InteractiveMode::if_available;
  else if (mode.empty())
    return config_error(
        "invalid configuration: interactiveMode must be specified for the user's exec plugin (" +
        p.api_version + ")");
  else
    return config_error("invalid configuration: invalid interactiveMode \"" +
                        escape_terminal(mode) + "\" for the user's exec plugin");
  if (const auto ext = cluster.find("extensions"); ext != cluster.end() && ext->is_array())
    for (const auto& e : *ext)
      if (e.is_object() && text_of(e, "name") == "client.authentication.k8s.io/exec" &&
          e.contains("extension"))
        p.cluster_extension_json = e["extension"].dump();
  return p;
}

Result<void> read_user(ClientConfig& out, const json& user, const json& cluster) {
  out.token = text_of(user, "token");
  out.token_file = text_of(user, "tokenFile");
  out.username = text_of(user, "username");
  out.password = text_of(user, "password");
  out.client_cert_file = text_of(user, "client-certificate");
  out.client_key_file = text_of(user, "client-key");
  KPR_TRY_ASSIGN(out.client_cert_data, data_of(user, "client-certificate-data"));
  KPR_TRY_ASSIGN(out.client_key_data, data_of(user, "client-key-data"));
  out.impersonate.user = text_of(user, "as");
  out.impersonate.uid = text_of(user, "as-uid");
  if (const auto groups = user.find("as-groups"); groups != user.end() && groups->is_array())
    for (const auto& g : *groups)
      if (g.is_string())
        out.impersonate.groups.push_back(g);
  if (const auto extra = user.find("as-user-extra"); extra != user.end() && extra->is_object())
    for (const auto& [key, values] : extra->items())
      if (values.is_array())
        for (const auto& v : values)
          if (v.is_string())
            out.impersonate.extra.emplace_back(key, v);
  if (const auto exec = user.find("exec"); exec != user.end() && exec->is_object()) {
    KPR_TRY_ASSIGN(out.exec, exec_of(*exec, cluster));
  }
  if (const auto provider = user.find("auth-provider");
      provider != user.end() && provider->is_object()) {
    const std::string name = text_of(*provider, "name");
    if (name == "gcp")
      return config_error(
          "The gcp auth plugin has been removed.\nPlease use the \"gke-gcloud-auth-plugin\" "
          "kubectl/client-go credential plugin instead.\nSee "
          "https://cloud.google.com/blog/products/containers-kubernetes/"
          "kubectl-auth-changes-in-gke for further details");
    if (name == "azure")
      return config_error(
          "The azure auth plugin has been removed.\nPlease use the "
          "https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.\nSee "
          "https://kubernetes.io/docs/reference/access-authn-authz/authentication/"
          "#client-go-credential-plugins for further details");
    if (name != "oidc")
      return config_error("no Auth Provider found for name \"" + escape_terminal(name) + "\"");
    const auto settings = provider->find("config");
    out.token = settings != provider->end() && settings->is_object()
                    ? text_of(*settings, "id-token")
                    : std::string();
    if (out.token.empty())
      return config_error("the user's oidc auth-provider has no id-token",
                          "log in again, or move to an exec credential plugin such as kubelogin "
                          "(kubectl oidc-login)");
    out.warnings.emplace_back(
        "the oidc auth-provider's id-token is used as it is and is not renewed; an exec credential "
        "plugin such as kubelogin (kubectl oidc-login) is");
  }
  return {};
}

bool any_cluster_flag(const ConfigOverrides& o) {
  return o.server.has_value();
}

void apply(std::string& to, const std::optional<std::string>& from) {
  if (from)
    to = *from;
}

Result<ClientConfig> in_cluster(const ConfigOverrides& o, const Environment& env) {
  const char* root = "/var/run/secrets/kubernetes.io/serviceaccount";
  std::string folder = root;
  if (const auto it = env.find("KPR_SERVICEACCOUNT_DIR"); it != env.end())
    folder = it->second;  // for tests: the true path needs a container
  ClientConfig c;
  const std::string host = env.at("KUBERNETES_SERVICE_HOST"),
                    port = env.at("KUBERNETES_SERVICE_PORT");
  c.server =
      "https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
  c.token_file = folder + "/token";
  c.ca_file = folder + "/ca.crt";
  c.in_cluster = true;
  c.origin = "in-cluster";
  if (const auto it = env.find("POD_NAMESPACE"); it != env.end() && !it->second.empty())
    c.ns = it->second;
  else if (auto ns = read_file(folder + "/namespace", 1 << 10); ns && !trim(*ns).empty())
    c.ns = std::string(trim(*ns));
  else
    c.ns = "default";
  apply(c.ns, o.ns);
  return c;
}

}  // namespace

Result<std::vector<std::string>> context_names(const ConfigOverrides& o, const Environment& env) {
  KPR_TRY_ASSIGN(const MergedConfig merged, load_files(o, env));
  std::vector<std::string> names;
  for (const auto& [name, context] : merged.contexts.items())
    names.push_back(name);
  return names;
}

Result<ClientConfig> load_config(const ConfigOverrides& o, const Environment& env) {
  KPR_TRY_ASSIGN(MergedConfig merged, load_files(o, env));
  return resolve_config(std::move(merged), o, env);
}

Result<ClientConfig>
resolve_config(MergedConfig merged, const ConfigOverrides& o, const Environment& env) {
  ClientConfig c;
  const auto has = [&env](const char* name) {
    const auto it = env.find(name);
    return it != env.end() && !it->second.empty();
  };
  if (merged.empty() && !any_cluster_flag(o) && !o.context && !o.cluster &&
      has("KUBERNETES_SERVICE_HOST") && has("KUBERNETES_SERVICE_PORT")) {
    KPR_TRY_ASSIGN(c, in_cluster(o, env));
  } else {
    json context = json::object(), cluster = json::object(), user = json::object();
    c.context = o.context ? *o.context : merged.current_context;
    if (!c.context.empty()) {
      if (!merged.contexts.contains(c.context))
        return config_error("context \"" + escape_terminal(c.context) + "\" does not exist",
                            merged.contexts.empty()
                                ? std::string()
                                : "kubectl config get-contexts lists those that do");
      context = merged.contexts[c.context];
    }
    const std::string cluster_name = o.cluster ? *o.cluster : text_of(context, "cluster");
    const std::string user_name = o.user ? *o.user : text_of(context, "user");
    if (!cluster_name.empty()) {
      if (merged.clusters.contains(cluster_name))
        cluster = merged.clusters[cluster_name];
      else if (!any_cluster_flag(o))
        return config_error("cluster \"" + escape_terminal(cluster_name) + "\" does not exist");
    }
    if (!user_name.empty()) {
      if (merged.users.contains(user_name))
        user = merged.users[user_name];
      else
        return config_error("auth info \"" + escape_terminal(user_name) + "\" does not exist");
    }
    c.server = o.server ? *o.server : text_of(cluster, "server");
    if (c.server.empty()) {
      if (merged.empty()) {
        const std::string tried = has("KUBECONFIG") ? "$KUBECONFIG" : "~/.kube/config";
        return config_error("no kubeconfig found: " + tried + " has none and this is not a pod",
                            "name one with --kubeconfig or $KUBECONFIG");
      }
      if (c.context.empty())
        return config_error(
            "the kubeconfig has no current context",
            "choose one with --context, or for good with kubectl config use-context");
      return config_error("invalid configuration: no server found for cluster \"" +
                          escape_terminal(cluster_name) + "\"");
    }
    c.ns = o.ns ? *o.ns : text_of(context, "namespace");
    if (c.ns.empty())
      c.ns = "default";
    c.origin = c.context.empty() ? "server " + c.server : "context " + c.context;
    c.tls_server_name = text_of(cluster, "tls-server-name");
    c.proxy_url = text_of(cluster, "proxy-url");
    c.insecure_skip_tls_verify = bool_of(cluster, "insecure-skip-tls-verify");
    c.disable_compression = bool_of(cluster, "disable-compression");
    c.ca_file = text_of(cluster, "certificate-authority");
    KPR_TRY_ASSIGN(c.ca_data, data_of(cluster, "certificate-authority-data"));
    KPR_TRY(read_user(c, user, cluster));
  }
  // client-go's rules for flags that belong together: --insecure-skip-tls-verify or a CA flag
  // replaces all of the file's trust settings;
  // --server without --tls-server-name drops the file's name.
  if (o.insecure_skip_tls_verify.value_or(false) ||
      (o.certificate_authority && !o.certificate_authority->empty())) {
    c.insecure_skip_tls_verify = o.insecure_skip_tls_verify.value_or(false);
    c.ca_file = o.certificate_authority.value_or("");
    c.ca_data.clear();
  }
  if ((o.tls_server_name && !o.tls_server_name->empty()) || o.server)
    c.tls_server_name = o.tls_server_name.value_or("");
  apply(c.proxy_url, o.proxy_url);
  if (o.disable_compression)
    c.disable_compression = *o.disable_compression;
  if (o.token)
    c.token = *o.token, c.token_file.clear();
  if (o.username)
    c.username = *o.username;
  if (o.password)
    c.password = *o.password;
  if (o.client_certificate)
    c.client_cert_file = *o.client_certificate, c.client_cert_data.clear();
  if (o.client_key)
    c.client_key_file = *o.client_key, c.client_key_data.clear();
  if (o.as)
    c.impersonate.user = *o.as;
  if (o.as_uid)
    c.impersonate.uid = *o.as_uid;
  if (!o.as_groups.empty())
    c.impersonate.groups = o.as_groups;
  if (!o.as_user_extra.empty()) {
    c.impersonate.extra.clear();
    for (const auto& pair : o.as_user_extra) {
      const auto eq = pair.find('=');
      if (eq == std::string::npos || eq == 0)
        return Error{.kind = ErrorKind::usage,
                     .message = "--as-user-extra must be of the form key=value: \"" +
                                escape_terminal(pair) + "\"",
                     .hint = {}};
      c.impersonate.extra.emplace_back(pair.substr(0, eq), pair.substr(eq + 1));
    }
  }
  if (c.insecure_skip_tls_verify && (!c.ca_file.empty() || !c.ca_data.empty()))
    return config_error(
        "specifying a root certificates file with the insecure flag is not allowed");
  if (!c.impersonate.empty() && c.impersonate.user.empty())
    return config_error("requesting uid, groups or user-extra without impersonating a user",
                        "add --as");
  if (!c.token.empty() && !c.username.empty())
    return config_error("invalid configuration: more than one authentication method found; found "
                        "[token basicAuth], only one is allowed");
  const bool cert = !c.client_cert_file.empty() || !c.client_cert_data.empty(),
             key = !c.client_key_file.empty() || !c.client_key_data.empty();
  if (cert && !key)
    return config_error("invalid configuration: client-key-data or client-key must be specified to "
                        "use the clientCert authentication method");
  if (key && !cert)
    return config_error("invalid configuration: client-certificate-data or client-certificate must "
                        "be specified to use the clientCert authentication method");
  if (c.exec && (!c.token.empty() || !c.token_file.empty() || !c.username.empty() || cert))
    c.exec.reset();  // a static credential comes first
  if (c.exec && o.no_exec_plugin)
    return config_error("the kubeconfig gets its credentials from the program \"" +
                            escape_terminal(c.exec->command) +
                            "\", and --no-exec-plugin lets none run",
                        "Give others with --token or --client-certificate, or leave the flag out.");
  while (c.server.ends_with('/'))
    c.server.pop_back();
  c.warnings.insert(c.warnings.begin(), merged.warnings.begin(), merged.warnings.end());
  c.environment = env;
  return c;
}

}  // namespace kpr::kube
