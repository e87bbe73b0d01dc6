// Credential plugins, token files, renewal, and the headers that come of them.
#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include "../os/temporary_directory.hpp"
#include "kube/credentials.hpp"
#include "kube/small_file.hpp"

using namespace kpr::kube;

namespace {

const char* const k_v1 = "client.authentication.k8s.io/v1";

struct Plugin : TemporaryDirectory {
  ClientConfig config;
  explicit Plugin(const std::string& script) {
    const std::string program = write("login", "#!/bin/sh\n" + script);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    config.server = "https://kube.example";
    config.environment = {{"PATH", path.string() + ":/usr/bin:/bin"}, {"FOLDER", path.string()}};
    config.exec = ExecPlugin{.api_version = k_v1,
                             .command = "login",
                             .args = {},
                             .env = {},
                             .install_hint = {},
                             .provide_cluster_info = false,
                             .interactive = InteractiveMode::never,
                             .cluster_extension_json = {}};
  }
  std::string file(const std::string& name) const { return read_file(*this / name).value_or(""); }
  std::string error(bool terminal = false,
                    std::chrono::milliseconds limit = std::chrono::seconds(20)) const {
    const auto a =
        run_credential_plugin(config, terminal, std::chrono::steady_clock::now() + limit, {});
    return a ? "no error"
             : a.error().message + (a.error().hint.empty() ? "" : " | " + a.error().hint);
  }
};

const auto k_later = [] {
  return std::chrono::steady_clock::now() + std::chrono::seconds(20);
};
const std::string k_token =
    R"(echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"tok"}}')";
const std::string k_getting = "Unable to connect to the server: getting credentials: ";

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_plugin_prints) {
  const auto answer = parse_exec_credential(
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","clientCertificateData":"c","clientKeyData":"k","expirationTimestamp":"2026-11-24T12:00:00Z"}})",
      k_v1);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->token == "t");
  BOOST_TEST(answer->client_cert == "c");
  BOOST_TEST(answer->client_key == "k");
  BOOST_TEST(kpr::format_rfc3339(*answer->expires) == "2026-11-24T12:00:00Z");
  const auto v1beta1 = parse_exec_credential(
      R"({"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t"}})",
      "client.authentication.k8s.io/v1beta1");
  BOOST_REQUIRE(v1beta1);
  BOOST_TEST(!v1beta1->expires);

  const std::string head =
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential")";
  const std::pair<std::string, std::string> cases[] = {
      {"", "decoding stdout: the plugin did not print one JSON object"},
      {"token", "decoding stdout: the plugin did not print one JSON object"},
      {"[]", "decoding stdout: the plugin did not print one JSON object"},
      {R"({"kind":"Token"})", "decoding stdout: the plugin did not print an ExecCredential"},
      {R"({"kind":"ExecCredential"})",
       "exec plugin is configured to use API version client.authentication.k8s.io/v1, plugin "
       "returned version <none>"},
      {R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t"}})",
       "exec plugin is configured to use API version client.authentication.k8s.io/v1, plugin "
       "returned version client.authentication.k8s.io/v1beta1"},
      {R"({"kind":"ExecCredential","apiVersion":7})",
       "exec plugin is configured to use API version client.authentication.k8s.io/v1, plugin "
       "returned version <none>"},
      {head + "}", "exec plugin didn't return a status field"},
      {head + R"(,"status":{}})", "exec plugin didn't return a token or cert/key pair"},
      {head + R"(,"status":{"token":7}})", "exec plugin didn't return a token or cert/key pair"},
      {head + R"(,"status":{"clientCertificateData":"c"}})",
       "exec plugin returned only certificate or key, not both"},
      {head + R"(,"status":{"clientKeyData":"k"}})",
       "exec plugin returned only certificate or key, not both"},
      {head + R"(,"status":{"token":"a\r\nX-Evil: b"}})",
       "exec plugin returned a token with a line break"},
      {head + R"(,"status":{"token":"t","expirationTimestamp":"tomorrow"}})",
       "decoding stdout: expirationTimestamp is not an RFC 3339 time"},
  };
  for (const auto& [text, message] : cases) {
    const auto bad = parse_exec_credential(text, k_v1);
    BOOST_TEST_CONTEXT(text) {
      BOOST_REQUIRE(!bad);
      BOOST_TEST(bad.error().message == k_getting + message);
    }
  }
}

BOOST_AUTO_TEST_CASE(how_a_plugin_is_run) {
  Plugin p("printf '%s\\n' \"$KUBERNETES_EXEC_INFO\" >$FOLDER/info; printf '%s|' \"$@\" "
           ">$FOLDER/args; printf '%s' \"$A\" >$FOLDER/a; cat >$FOLDER/stdin\n" +
           k_token);
  p.config.exec->args = {"$HOME", "a b", "; rm -rf /"};
  p.config.exec->env = {{"A", "from the kubeconfig"}};
  p.config.exec->provide_cluster_info = true;
  p.config.exec->cluster_extension_json = "{\"audience\":\"x\"}";
  p.config.ca_data = "cert";
  p.config.tls_server_name = "other";
  const auto answer = run_credential_plugin(p.config, true, k_later(), {});
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->token == "tok");
  BOOST_TEST(p.file("args") == "$HOME|a b|; rm -rf /|");  // no shell saw them
  BOOST_TEST(p.file("a") == "from the kubeconfig");
  BOOST_TEST(p.file("stdin") == "");
  const auto info = nlohmann::json::parse(p.file("info"));
  BOOST_TEST(info == (nlohmann::json{{"apiVersion", k_v1},
                                     {"kind", "ExecCredential"},
                                     {"spec",
                                      {{"interactive", false},
                                       {"cluster",
                                        {{"server", "https://kube.example"},
                                         {"tls-server-name", "other"},
                                         {"certificate-authority-data", "Y2VydA=="},
                                         {"config", {{"audience", "x"}}}}}}}}));
}

BOOST_AUTO_TEST_CASE(interactive_modes) {
  Plugin p("printf '%s' \"$KUBERNETES_EXEC_INFO\" >$FOLDER/info\n" + k_token);
  const auto interactive = [&](InteractiveMode mode, bool terminal) {
    p.config.exec->interactive = mode;
    BOOST_REQUIRE(run_credential_plugin(p.config, terminal, k_later(), {}));
    return nlohmann::json::parse(p.file("info"))["spec"]["interactive"].get<bool>();
  };
  BOOST_TEST(!interactive(InteractiveMode::never, true));
  BOOST_TEST(!interactive(InteractiveMode::if_available, false));
  BOOST_TEST(interactive(InteractiveMode::if_available, true));
  BOOST_TEST(interactive(InteractiveMode::always, true));
  p.config.exec->interactive = InteractiveMode::always;
  BOOST_TEST(p.error(false) ==
             k_getting +
                 "exec plugin cannot support interactive mode: standard input is not a terminal");
}

BOOST_AUTO_TEST_CASE(plugins_that_fail) {
  Plugin p("exit 7");
  BOOST_TEST(p.error() == k_getting + "exec: executable login failed with exit code 7");
  p.config.exec->command = "nowhere";
  p.config.exec->install_hint = "Install it:\n\tapt \x1b[31m\xc2\x9b";
  BOOST_TEST(
      p.error() ==
      k_getting +
          "exec: executable nowhere not found | It looks like you are trying to use a client-go "
          "credential plugin that is not installed.\n\nInstall it:\n\tapt [31m\\x9b");
  p.config.exec->command = p / "folder/none";
  BOOST_TEST(
      p.error().starts_with(k_getting + "exec: executable " + p / "folder/none" + " not found"));
  BOOST_TEST(Plugin("echo nothing").error() ==
             k_getting + "decoding stdout: the plugin did not print one JSON object");
  BOOST_TEST(Plugin("exec head -c 3000000 /dev/zero").error() ==
             k_getting + "exec: executable login printed more than 1 MiB");
  BOOST_TEST(Plugin("exec sleep 60").error(false, std::chrono::milliseconds(100)) ==
             k_getting + "exec: executable login did not answer in time");
  BOOST_TEST(Plugin("kill -9 $$").error() ==
             k_getting + "exec: executable login failed with exit code 137");
}

BOOST_AUTO_TEST_CASE(one_run_until_it_expires) {
  Plugin p("echo >>$FOLDER/runs; cat $FOLDER/answer");
  const auto answers = [&](const std::string& expires) {
    p.write(
        "answer",
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":")" +
            expires + "\"}}");
  };
  answers("2099-01-01T00:00:00Z");
  Credentials c(p.config, false, {}, {});
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(c.ensure(k_later()));
  BOOST_TEST(p.file("runs").size() == 1u);
  BOOST_TEST(c.generation() == 1u);
  Credentials expired(p.config, false, {}, {});
  answers("2020-01-01T00:00:00Z");
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(expired.ensure(k_later()));
  BOOST_TEST(p.file("runs").size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_401_renews_once_for_all) {
  Plugin p("echo >>$FOLDER/runs\n" + k_token);
  Credentials c(p.config, false, {}, {});
  BOOST_REQUIRE(c.ensure(k_later()));
  const unsigned seen = c.generation();
  BOOST_TEST(c.renew(seen));
  BOOST_TEST(c.renew(seen));  // the second one of the same moment, before anything ran
  BOOST_REQUIRE(c.ensure(k_later()));
  BOOST_TEST(p.file("runs").size() == 2u);
  BOOST_TEST(c.renew(seen));  // a late one, answered to the old token
  BOOST_REQUIRE(c.ensure(k_later()));
  BOOST_TEST(p.file("runs").size() == 2u);
  BOOST_TEST(!c.renew(c.generation()));  // the new token was refused too
}

BOOST_AUTO_TEST_CASE(a_certificate_of_a_plugin) {
  Plugin p(
      R"(echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"c","clientKeyData":"k"}}')");
  Credentials c(p.config, false, {}, {});
  for (int i = 0; i < 2; ++i) {
    const auto shown = c.ensure(k_later());
    BOOST_REQUIRE(shown);
    BOOST_TEST(shown->cert == "c");
    BOOST_TEST(shown->key == "k");
  }
  BOOST_TEST(c.headers().empty());
}

BOOST_AUTO_TEST_CASE(token_files) {
  const TemporaryDirectory folder;
  ClientConfig config;
  config.token_file = folder.write("token", " first\n");
  Credentials c(config, false, {}, {});
  BOOST_REQUIRE(c.ensure(k_later()));
  BOOST_TEST(c.headers()[0].second == "Bearer first");
  BOOST_TEST(!c.renew(c.generation()));  // the file says the same
  folder.write("token", "second\n");
  BOOST_REQUIRE(c.ensure(k_later()));
  BOOST_TEST(c.headers()[0].second == "Bearer first");  // read once a minute
  BOOST_TEST(c.renew(c.generation()));
  BOOST_TEST(c.headers()[0].second == "Bearer second");
  config.token_file = folder / "none";
  Credentials none(config, false, {}, {});
  const auto bad = none.ensure(k_later());
  BOOST_REQUIRE(!bad);
  BOOST_TEST(bad.error().message == "open " + folder / "none" + ": no such file or directory");
}

BOOST_AUTO_TEST_CASE(headers) {
  ClientConfig config;
  config.username = "u";
  config.password = "p:w";
  config.impersonate.user = "jane";
  config.impersonate.uid = "7";
  config.impersonate.groups = {"a", "b"};
  config.impersonate.extra = {{"acme.io/team", "x"}, {"acme.io/team", "y"}};
  Credentials c(config, false, {}, {});
  BOOST_REQUIRE(c.ensure(k_later()));
  std::string all;
  for (const auto& [name, value] : c.headers())
    all += name + ": " + value + "\n";
  BOOST_TEST(all == "Authorization: Basic dTpwOnc=\nImpersonate-User: jane\nImpersonate-Uid: "
                    "7\nImpersonate-Group: a\nImpersonate-Group: b\n"
                    "Impersonate-Extra-acme.io%2Fteam: x\nImpersonate-Extra-acme.io%2Fteam: y\n");
}
