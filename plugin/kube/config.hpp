// kubeconfig as client-go reads it: which files, how they merge, which context wins, what the flags
// override. Nothing here talks to a server or runs a program; the environment comes in as a value.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/environment.hpp"
#include "util/result.hpp"

namespace kpr::kube {

using os::Environment;

// kubectl's connection flags; unset means "not given". The caller maps --flag-name to flag_name one
// to one.
struct ConfigOverrides {
  std::optional<std::string> kubeconfig, context, cluster, user, ns, server;
  std::optional<std::string> token, username, password, client_certificate, client_key;
  std::optional<std::string> certificate_authority, tls_server_name;
  std::optional<bool> insecure_skip_tls_verify, disable_compression;
  std::optional<std::string> as, as_uid;
  std::vector<std::string> as_groups;
  std::vector<std::string> as_user_extra;  // key=value
  bool no_exec_plugin = false;             // a kubeconfig from a stranger runs no program
  std::optional<std::string> proxy_url;    // kubectl has no flag for it; tests and embedders do
};

struct Impersonation {
  std::string user, uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::string>> extra;  // one pair a value; a key may repeat
  bool empty() const { return user.empty() && uid.empty() && groups.empty() && extra.empty(); }
};

enum class InteractiveMode { never, if_available, always };

// users[].user.exec
struct ExecPlugin {
  std::string api_version;  // client.authentication.k8s.io/v1 or /v1beta1
  std::string command;  // resolved against the kubeconfig's folder when it holds a separator, else
                        // looked up in PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string install_hint;
  bool provide_cluster_info = false;
  InteractiveMode interactive = InteractiveMode::if_available;
  std::string cluster_extension_json;  // extensions[name=client.authentication.k8s.io/exec] of the
                                       // cluster, "" when none
};

// One server and one identity, ready for Client. Paths are absolute; data fields are decoded.
struct ClientConfig {
  std::string context;  // name, for messages; empty when in-cluster or made from flags only
  std::string server;   // https://host[:port][/prefix], no trailing slash
  std::string ns;       // namespace of flag, context or service account; "default" when none says
  std::string ca_file, ca_data;  // data wins
  std::string tls_server_name;
  std::string proxy_url;
  bool insecure_skip_tls_verify = false;
  bool disable_compression = false;
  std::string client_cert_file, client_cert_data, client_key_file, client_key_data;
  std::string token, token_file, username, password;
  std::optional<ExecPlugin> exec;
  Impersonation impersonate;
  bool in_cluster = false;
  std::vector<std::string> warnings;  // ready to print: missing files, duplicate entries
  std::string origin;                 // "context prod-eu", "in-cluster": how a reader recognises it
  Environment environment;            // of proxies and credential plugins
};

// Of all files, sorted; for completion.
Result<std::vector<std::string>> context_names(const ConfigOverrides& overrides,
                                               const Environment& environment);

Result<ClientConfig> load_config(const ConfigOverrides& overrides, const Environment& environment);

}  // namespace kpr::kube
