// kubeconfig: which files, how they merge, what flags override, and each mistake in words.
#define BOOST_TEST_MODULE kube
#include <boost/test/unit_test.hpp>

#include "../os/temporary_directory.hpp"
#include "kube/config.hpp"
#include "kube/yaml.hpp"

using namespace kpr::kube;

namespace {

ClientConfig load(const ConfigOverrides& overrides, const Environment& environment) {
  auto c = load_config(overrides, environment);
  BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().message));
  return *std::move(c);
}

std::string fails(const ConfigOverrides& overrides, const Environment& environment = {}) {
  const auto c = load_config(overrides, environment);
  return c ? "no error"
           : c.error().message + (c.error().hint.empty() ? "" : " | " + c.error().hint);
}

// One cluster, user and context; `user` and `cluster` are what stands in them, one key a line.
std::string kubeconfig(std::string_view user = "token: t",
                       std::string_view cluster = "server: https://kube.example:6443") {
  const auto indented = [](std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at <= text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      out += "\n    " + std::string(text.substr(at, end - at));
      at = end + 1;
    }
    return out;
  };
  return "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: c\n  cluster:" +
         indented(cluster) + "\nusers:\n- name: u\n  user:" + indented(user) +
         "\ncontexts:\n- name: test\n  context: {cluster: c, user: u}\n";
}

struct Folder : TemporaryDirectory {
  std::string config(std::string_view user = "token: t",
                     std::string_view cluster = "server: https://kube.example:6443") const {
    return write("config", kubeconfig(user, cluster));
  }
  ConfigOverrides flags(std::string_view user = "token: t",
                        std::string_view cluster = "server: https://kube.example:6443") const {
    ConfigOverrides o;
    o.kubeconfig = config(user, cluster);
    return o;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(one_file) {
  const Folder folder;
  const ClientConfig c = load(
      folder.flags(
          "token: abc\nas: jane\nas-uid: \"7\"\nas-groups: [a, b]\nas-user-extra: {scopes: [x, y]}",
          "server: https://kube.example:6443/prefix/\ntls-server-name: other\nproxy-url: "
          "socks5://p:1\ndisable-compression: true\ncertificate-authority-data: Y2VydA=="),
      {});
  BOOST_TEST(c.context == "test");
  BOOST_TEST(c.origin == "context test");
  BOOST_TEST(c.server == "https://kube.example:6443/prefix");
  BOOST_TEST(c.ns == "default");
  BOOST_TEST(c.tls_server_name == "other");
  BOOST_TEST(c.proxy_url == "socks5://p:1");
  BOOST_TEST(c.disable_compression);
  BOOST_TEST(c.ca_data == "cert");
  BOOST_TEST(c.token == "abc");
  BOOST_TEST(c.impersonate.user == "jane");
  BOOST_TEST(c.impersonate.uid == "7");
  BOOST_TEST(c.impersonate.groups == (std::vector<std::string>{"a", "b"}),
             boost::test_tools::per_element());
  BOOST_TEST(c.impersonate.extra.size() == 2u);
  BOOST_TEST(c.warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_list_of_files) {
  const Folder folder;
  const std::string a = folder.write("a/config",
                                     "clusters:\n- name: c\n  cluster: {server: https://first, "
                                     "certificate-authority: ca.crt}\nusers:\n- name: u\n  user: "
                                     "{client-certificate: ../u.crt, client-key: /keys/u.key}\n");
  const std::string b = folder.write(
      "b/config",
      "current-context: second\nclusters:\n- name: c\n  cluster: {server: https://ignored, "
      "tls-server-name: ignored}\n- name: d\n  cluster: {server: https://d}\n"
      "contexts:\n- name: second\n  context: {cluster: c, user: u, namespace: team}\n");
  const std::string c = folder.write("c/config", "current-context: ignored\n");
  const ClientConfig loaded =
      load({}, {{"KUBECONFIG", a + "::" + folder / "missing" + ":" + b + ":" + a + ":" + c}});
  BOOST_TEST(loaded.context == "second");
  BOOST_TEST(loaded.server == "https://first");
  BOOST_TEST(loaded.tls_server_name == "");  // an entry is taken as a whole
  BOOST_TEST(loaded.ns == "team");
  BOOST_TEST(loaded.ca_file == folder / "a/ca.crt");
  BOOST_TEST(loaded.client_cert_file == folder / "u.crt");
  BOOST_TEST(loaded.client_key_file == "/keys/u.key");
  BOOST_TEST(loaded.warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_file_at_home_and_the_flag) {
  const Folder folder;
  folder.write(".kube/config", kubeconfig("token: home"));
  BOOST_TEST(load({}, {{"HOME", folder.path.string()}}).token == "home");
  const std::string other = folder.write("other", kubeconfig("token: other"));
  BOOST_TEST(load({}, {{"HOME", folder.path.string()}, {"KUBECONFIG", other}}).token == "other");
  ConfigOverrides o;
  o.kubeconfig = folder.write("third", kubeconfig("token: third"));
  BOOST_TEST(load(o, {{"HOME", folder.path.string()}, {"KUBECONFIG", other}}).token == "third");
}

BOOST_AUTO_TEST_CASE(files_that_are_not_there) {
  const Folder folder;
  ConfigOverrides o;
  o.kubeconfig = folder / "none";
  BOOST_TEST(fails(o) == "stat " + folder / "none" + ": no such file or directory");
  BOOST_TEST(fails({}, {{"HOME", folder.path.string()}}) ==
             "no kubeconfig found: ~/.kube/config has none and this is not a pod | name one with "
             "--kubeconfig or $KUBECONFIG");
  BOOST_TEST(fails({}, {{"KUBECONFIG", folder / "none"}}) ==
             "no kubeconfig found: $KUBECONFIG has none and this is not a pod | name one with "
             "--kubeconfig or $KUBECONFIG");
  ConfigOverrides server;
  server.server = "https://kube.example";
  const ClientConfig c = load(server, {{"KUBECONFIG", folder / "a" + ":" + folder / "b"}});
  BOOST_TEST(c.warnings == std::vector<std::string>{"Config not found: " + folder / "a" + ", " +
                                                    folder / "b"},
             boost::test_tools::per_element());
  BOOST_TEST(c.origin == "server https://kube.example");
}

BOOST_AUTO_TEST_CASE(files_that_are_broken) {
  const Folder folder;
  const auto broken = [&](const std::string& text) {
    ConfigOverrides o;
    o.kubeconfig = folder.write("bad", text);
    std::string message = fails(o);
    const std::string start = "error loading config file \"" + folder / "bad" + "\": ";
    return message.starts_with(start) ? message.substr(start.size()) : "NOT PREFIXED: " + message;
  };
  BOOST_TEST(broken("a: b: c\n") == "yaml: line 1: illegal map value");
  BOOST_TEST(broken("clusters:\n- name: [\n") == "yaml: line 3: end of sequence flow not found");
  BOOST_TEST(broken("just text") == "it is not a map of keys");
  BOOST_TEST(broken("kind: Pod\n") == "no kind \"Pod\" is registered for a kubeconfig");
  BOOST_TEST(broken("users: {a: b}\n") == "users is not a list");
  BOOST_TEST(broken("contexts:\n- context: {}\n") == "an entry of contexts has no name");
  BOOST_TEST(broken("clusters: [text]\n") == "an entry of clusters has no name");
  BOOST_TEST(broken("? [a]\n: b\n") ==
             "yaml: the document is nested too deeply, too large, or has keys that are not text");
  BOOST_TEST(parse_yaml(std::string((16u << 20) + 1, 'a')).error().message ==
             "yaml: the file is larger than 16 MiB");
  std::string deep;
  for (int i = 0; i < 200; ++i)
    deep += "[";
  BOOST_TEST(broken("a: " + deep + std::string(200, ']') + "\n") ==
             "yaml: the document is nested too deeply, too large, or has keys that are not text");
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char k = 'b'; k < 'l'; ++k)
    bomb += std::string(1, k) + ": &" + k + " [" + [&] {
      std::string s;
      for (int i = 0; i < 10; ++i)
        s += std::string(i ? ",*" : "*") + static_cast<char>(k - 1);
      return s;
    }() + "]\n";
  BOOST_TEST(broken(bomb) ==
             "yaml: the document is nested too deeply, too large, or has keys that are not text");
  ConfigOverrides o;
  o.kubeconfig = folder.path.string();
  BOOST_TEST(fails(o) == "open " + folder.path.string() + ": is a directory");
}

BOOST_AUTO_TEST_CASE(an_empty_file_and_duplicates) {
  const Folder folder;
  const std::string empty = folder.write("empty", "");
  BOOST_TEST(fails({}, {{"KUBECONFIG", empty}}) ==
             "no kubeconfig found: $KUBECONFIG has none and this is not a pod | name one with "
             "--kubeconfig or $KUBECONFIG");
  const std::string twice = folder.write("twice", kubeconfig() + "preferences: {}\n");
  const std::string duplicates = folder.write(
      "dup", "users:\n- name: u\n  user: {token: first}\n- name: u\n  user: {token: second}\n");
  const ClientConfig c = load({}, {{"KUBECONFIG", duplicates + ":" + twice}});
  BOOST_TEST(c.token == "first");
  BOOST_TEST(c.warnings == std::vector<std::string>{"duplicate name \"u\" in list users of " +
                                                    duplicates + ": the first one is used"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(names_that_lead_nowhere) {
  const Folder folder;
  ConfigOverrides o = folder.flags();
  o.context = "none\x1b[2J";
  BOOST_TEST(
      fails(o) ==
      "context \"none^[[2J\" does not exist | kubectl config get-contexts lists those that do");
  o = folder.flags();
  o.cluster = "none";
  BOOST_TEST(fails(o) == "cluster \"none\" does not exist");
  o.server = "https://flag";  // a server makes a cluster needless
  BOOST_TEST(load(o, {}).server == "https://flag");
  o = folder.flags();
  o.user = "none";
  BOOST_TEST(fails(o) == "auth info \"none\" does not exist");
  o = {};
  o.kubeconfig =
      folder.write("nocontext", "clusters:\n- name: c\n  cluster: {server: https://x}\n");
  BOOST_TEST(fails(o) == "the kubeconfig has no current context | choose one with --context, or "
                         "for good with kubectl config use-context");
  BOOST_TEST(fails(folder.flags("token: t", "tls-server-name: x")) ==
             "invalid configuration: no server found for cluster \"c\"");
}

BOOST_AUTO_TEST_CASE(flags_win) {
  const Folder folder;
  const char* cluster =
      "server: https://file\ntls-server-name: file\ncertificate-authority-data: Y2VydA==";
  ConfigOverrides o = folder.flags("tokenFile: /t", cluster);
  o.token = "flag";
  BOOST_TEST(load(o, {}).token == "flag");
  BOOST_TEST(load(o, {}).token_file == "");
  o.server = "https://flag";
  BOOST_TEST(load(o, {}).tls_server_name == "");  // the file's name belongs to the file's server
  o.tls_server_name = "flag";
  BOOST_TEST(load(o, {}).tls_server_name == "flag");
  o.insecure_skip_tls_verify = true;
  BOOST_TEST(load(o, {}).ca_data == "");
  BOOST_TEST(load(o, {}).insecure_skip_tls_verify);
  o.insecure_skip_tls_verify.reset();
  o.certificate_authority = "/flag.crt";
  BOOST_TEST(load(o, {}).ca_file == "/flag.crt");
  BOOST_TEST(load(o, {}).ca_data == "");
  o.ns = "flag";
  BOOST_TEST(load(o, {}).ns == "flag");
  o.as = "joe";
  o.as_groups = {"g"};
  o.as_user_extra = {"k=v=w", "k=x"};
  const ClientConfig c = load(o, {});
  BOOST_TEST(c.impersonate.user == "joe");
  BOOST_TEST(c.impersonate.extra[0].second == "v=w");
  BOOST_TEST(c.impersonate.extra[1].first == "k");
  o.as_user_extra = {"novalue"};
  BOOST_TEST(fails(o) == "--as-user-extra must be of the form key=value: \"novalue\"");
  BOOST_TEST((load_config(o, {}).error().kind == kpr::ErrorKind::usage));
}

BOOST_AUTO_TEST_CASE(settings_that_do_not_go_together) {
  const Folder folder;
  const auto with = [&](std::string_view user,
                        std::string_view cluster = "server: https://kube.example") {
    return fails(folder.flags(user, cluster));
  };
  BOOST_TEST(
      with("token: t",
           "server: https://x\ninsecure-skip-tls-verify: true\ncertificate-authority: /ca.crt") ==
      "specifying a root certificates file with the insecure flag is not allowed");
  BOOST_TEST(with("as-groups: [a]") ==
             "requesting uid, groups or user-extra without impersonating a user | add --as");
  BOOST_TEST(with("token: t\nusername: u\npassword: p") ==
             "invalid configuration: more than one authentication method found; found [token "
             "basicAuth], only one is allowed");
  BOOST_TEST(with("client-certificate: /c") ==
             "invalid configuration: client-key-data or client-key must be specified to use the "
             "clientCert authentication method");
  BOOST_TEST(with("client-key: /k") ==
             "invalid configuration: client-certificate-data or client-certificate must be "
             "specified to use the clientCert authentication method");
  BOOST_TEST(with("client-certificate-data: \"%%%%\"\nclient-key: /k") ==
             "client-certificate-data of the kubeconfig is not base64");
  BOOST_TEST(with("token: t", "server: https://x\ncertificate-authority-data: abc") ==
             "certificate-authority-data of the kubeconfig is not base64");
}

BOOST_AUTO_TEST_CASE(credential_plugins) {
  const Folder folder;
  const auto exec = [&](std::string_view lines,
                        std::string_view cluster = "server: https://kube.example") {
    return folder.flags("exec:\n" + std::string(lines), cluster);
  };
  const ClientConfig c =
      load(exec("  apiVersion: client.authentication.k8s.io/v1\n  command: bin/login\n  "
                "interactiveMode: Never\n  args: [get, token, true]\n  env: [{name: A, value: b}]\n"
                "  installHint: buy it\n  provideClusterInfo: true",
                "server: https://kube.example\nextensions: [{name: "
                "client.authentication.k8s.io/exec, extension: {audience: x}}]"),
           {});
  BOOST_REQUIRE(c.exec);
  BOOST_TEST(c.exec->command == folder / "bin/login");
  BOOST_TEST(c.exec->args == (std::vector<std::string>{"get", "token", "true"}),
             boost::test_tools::per_element());
  BOOST_TEST(c.exec->env[0].first == "A");
  BOOST_TEST(c.exec->install_hint == "buy it");
  BOOST_TEST(c.exec->provide_cluster_info);
  BOOST_TEST((c.exec->interactive == InteractiveMode::never));
  BOOST_TEST(c.exec->cluster_extension_json == "{\"audience\":\"x\"}");
  BOOST_TEST((load(exec("  apiVersion: client.authentication.k8s.io/v1beta1\n  command: login"), {})
                  .exec->interactive == InteractiveMode::if_available));
  BOOST_TEST(load(exec("  apiVersion: client.authentication.k8s.io/v1beta1\n  command: login"), {})
                 .exec->command == "login");
  BOOST_TEST(!load(exec("  apiVersion: client.authentication.k8s.io/v1beta1\n  command: "
                        "login\ntoken: static"),
                   {})
                  .exec);
  BOOST_TEST(fails(exec("  apiVersion: client.authentication.k8s.io/v1beta1")) ==
             "invalid configuration: command must be specified for the user's exec plugin");
  BOOST_TEST(fails(exec("  command: login")) ==
             "invalid configuration: apiVersion must be specified for the user's exec plugin");
  BOOST_TEST(fails(exec("  apiVersion: client.authentication.k8s.io/v1alpha1\n  command: login")) ==
             "exec plugin: invalid apiVersion \"client.authentication.k8s.io/v1alpha1\" | "
             "client.authentication.k8s.io/v1 and v1beta1 are known; update the plugin's entry in "
             "the kubeconfig");
  BOOST_TEST(fails(exec("  apiVersion: client.authentication.k8s.io/v1\n  command: login")) ==
             "invalid configuration: interactiveMode must be specified for the user's exec plugin "
             "(client.authentication.k8s.io/v1)");
  BOOST_TEST(
      fails(exec("  apiVersion: client.authentication.k8s.io/v1\n  command: login\n  "
                 "interactiveMode: Sometimes")) ==
      "invalid configuration: invalid interactiveMode \"Sometimes\" for the user's exec plugin");
}

BOOST_AUTO_TEST_CASE(auth_providers_that_were_removed) {
  const Folder folder;
  const auto provider = [&](std::string_view lines) {
    return folder.flags("auth-provider:\n" + std::string(lines));
  };
  BOOST_TEST(fails(provider("  name: gcp"))
                 .starts_with(
                     "The gcp auth plugin has been removed.\nPlease use the "
                     "\"gke-gcloud-auth-plugin\" kubectl/client-go credential plugin instead.\n"));
  BOOST_TEST(
      fails(provider("  name: azure"))
          .starts_with(
              "The azure auth plugin has been removed.\nPlease use the "
              "https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.\n"));
  BOOST_TEST(fails(provider("  name: openstack")) ==
             "no Auth Provider found for name \"openstack\"");
  BOOST_TEST(load(provider("  name: oidc\n  config: {id-token: tok}"), {}).token == "tok");
  BOOST_TEST(load(provider("  name: oidc\n  config: {id-token: tok}"), {}).warnings.size() == 1u);
  BOOST_TEST(fails(provider("  name: oidc")) ==
             "the user's oidc auth-provider has no id-token | log in again, or move to an exec "
             "credential plugin such as kubelogin (kubectl oidc-login)");
}

BOOST_AUTO_TEST_CASE(in_a_pod) {
  const Folder folder;
  folder.write("namespace", "team\n");
  Environment env{{"KUBERNETES_SERVICE_HOST", "fd00::1"},
                  {"KUBERNETES_SERVICE_PORT", "443"},
                  {"KPR_SERVICEACCOUNT_DIR", folder.path.string()},
                  {"HOME", folder.path.string()}};
  const ClientConfig c = load({}, env);
  BOOST_TEST(c.in_cluster);
  BOOST_TEST(c.origin == "in-cluster");
  BOOST_TEST(c.server == "https://[fd00::1]:443");
  BOOST_TEST(c.token_file == folder / "token");
  BOOST_TEST(c.ca_file == folder / "ca.crt");
  BOOST_TEST(c.ns == "team");
  env["POD_NAMESPACE"] = "pods";
  BOOST_TEST(load({}, env).ns == "pods");
  folder.write(".kube/config", kubeconfig());
  BOOST_TEST(!load({}, env).in_cluster);  // a kubeconfig comes first
}
