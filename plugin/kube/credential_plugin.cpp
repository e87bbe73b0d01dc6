#include <algorithm>
#include <nlohmann/json.hpp>

#include "kube/credentials.hpp"
#include "kube/small_file.hpp"
#include "os/child.hpp"
#include "util/encoding.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::kube {
namespace {

using nlohmann::json;

Error plugin_error(std::string message, std::string hint = {}) {
  return {.kind = ErrorKind::auth,
          .message = "Unable to connect to the server: getting credentials: " + std::move(message),
          .hint = std::move(hint)};
}

std::string exec_info(const ClientConfig& config, bool interactive) {
  json info{{"apiVersion", config.exec->api_version},
            {"kind", "ExecCredential"},
            {"spec", {{"interactive", interactive}}}};
  if (config.exec->provide_cluster_info) {
    json cluster{{"server", config.server}};
    if (!config.tls_server_name.empty())
      cluster["tls-server-name"] = config.tls_server_name;
    if (config.insecure_skip_tls_verify)
      cluster["insecure-skip-tls-verify"] = true;
    if (config.disable_compression)
      cluster["disable-compression"] = true;
    if (!config.proxy_url.empty())
      cluster["proxy-url"] = config.proxy_url;
    std::string ca = config.ca_data;
    if (ca.empty() && !config.ca_file.empty())
      ca = read_file(config.ca_file).value_or("");
    if (!ca.empty())
      cluster["certificate-authority-data"] = base64_encode(ca);
    cluster["config"] = config.exec->cluster_extension_json.empty()
                            ? json(nullptr)
                            : json_or_null(config.exec->cluster_extension_json);
    info["spec"]["cluster"] = std::move(cluster);
  }
  return info.dump();
}

std::string without_controls(std::string_view text) {
  std::string out;
  for (const unsigned char c : text)
    if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f))
      out += static_cast<char>(c);
  return escape_terminal(out, true);
}

struct Ended {
  int code = 0;
  std::string out;
};

// Waits for the plugin's own end: it may close its standard output long before, and what it left
// running may hold it open for ever.
Result<Ended> output_of(os::Child child,
                        const std::string& name,
                        std::chrono::steady_clock::time_point deadline,
                        os::Interrupt interrupt) {
  struct End {
    os::Child& child;
    ~End() { os::end(child); }
  } end{child};
  constexpr std::chrono::milliseconds k_look{20};
  std::string out;
  std::optional<int> code;
  for (;;) {
    if (std::chrono::steady_clock::now() >= deadline)
      return Error{.kind = ErrorKind::timeout,
                   .message =
                       "Unable to connect to the server: getting credentials: exec: executable " +
                       name + " did not answer in time",
                   .hint = {}};
    if (interrupt.raised())
      return Error{.kind = ErrorKind::cancelled, .message = "interrupted", .hint = {}};
    code = code ? code : os::ended(child);
    os::PollFd wait{child.out, POLLIN, 0};
    const bool open = child.out != os::k_no_socket;
    os::poll(&wait, open ? 1 : 0, code ? 0 : static_cast<int>(k_look.count()));
    char buffer[8 << 10];
    const long n = open ? os::read(child.out, buffer, sizeof buffer) : 0;
    if (n > 0)
      out.append(buffer, static_cast<std::size_t>(n));
    else if (code)
      return Ended{*code, std::move(out)};
    else if (n != os::k_nothing_yet)
      os::close(child.out);
    if (out.size() > (1u << 20))
      return plugin_error("exec: executable " + name + " printed more than 1 MiB");
  }
}

}  // namespace

Result<PluginAnswer> parse_exec_credential(std::string_view text, const std::string& api_version) {
  const json doc = json_or_null(text);
  if (!doc.is_object())
    return plugin_error("decoding stdout: the plugin did not print one JSON object");
  if (const auto kind = doc.find("kind"); kind == doc.end() || *kind != "ExecCredential")
    return plugin_error("decoding stdout: the plugin did not print an ExecCredential");
  const auto version = doc.find("apiVersion");
  if (version == doc.end() || *version != api_version)
    return plugin_error("exec plugin is configured to use API version " + api_version +
                        ", plugin returned version " +
                        (version != doc.end() && version->is_string()
                             ? escape_terminal(version->get<std::string>())
                             : std::string("<none>")));
  const auto status = doc.find("status");
  if (status == doc.end() || !status->is_object())
    return plugin_error("exec plugin didn't return a status field");
  const auto field = [&status](const char* key) {
    const auto it = status->find(key);
    return it != status->end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  PluginAnswer answer{
      field("token"), field("clientCertificateData"), field("clientKeyData"), std::nullopt};
  if (answer.token.empty() && answer.client_cert.empty() && answer.client_key.empty())
    return plugin_error("exec plugin didn't return a token or cert/key pair");
  if (answer.client_cert.empty() != answer.client_key.empty())
    return plugin_error("exec plugin returned only certificate or key, not both");
  if (answer.token.find_first_of("\r\n") != std::string::npos)
    return plugin_error("exec plugin returned a token with a line break");
  if (const std::string expiry = field("expirationTimestamp"); !expiry.empty()) {
    answer.expires = parse_rfc3339(expiry);
    if (!answer.expires)
      return plugin_error("decoding stdout: expirationTimestamp is not an RFC 3339 time");
  }
  return answer;
}

Result<PluginAnswer> run_credential_plugin(const ClientConfig& config,
                                           bool stdin_is_terminal,
                                           std::chrono::steady_clock::time_point deadline,
                                           os::Interrupt interrupt) {
  const ExecPlugin& plugin = *config.exec;
  const std::string name = escape_terminal(plugin.command);
  bool interactive = false;
  if (plugin.interactive == InteractiveMode::always) {
    if (!stdin_is_terminal)
      return plugin_error(
          "exec plugin cannot support interactive mode: standard input is not a terminal");
    interactive = true;
  } else if (plugin.interactive == InteractiveMode::if_available) {
    interactive = stdin_is_terminal;
  }
  const std::string path = os::find_program(plugin.command, config.environment);
  if (path.empty()) {
    std::string hint =
        "It looks like you are trying to use a client-go credential plugin that is not installed.";
    if (!plugin.install_hint.empty())
      hint += "\n\n" + without_controls(plugin.install_hint);
    return plugin_error("exec: executable " + name + " not found", hint);
  }
  Environment environment = config.environment;
  for (const auto& [key, value] : plugin.env)
    environment[key] = value;
  environment["KUBERNETES_EXEC_INFO"] = exec_info(config, interactive);
  std::vector<std::string> argv{plugin.command};
  argv.insert(argv.end(), plugin.args.begin(), plugin.args.end());
  auto spawned =
      os::spawn(path, argv, environment, {.inherit_stdin = interactive, .capture_stderr = false});
  if (!spawned)
    return plugin_error("exec: " + spawned.error().message);
  KPR_TRY_ASSIGN(const Ended end, output_of(*spawned, name, deadline, interrupt));
  if (end.code != 0)
    return plugin_error("exec: executable " + name + " failed with exit code " +
                        std::to_string(end.code));
  return parse_exec_credential(end.out, plugin.api_version);
}

}  // namespace kpr::kube
