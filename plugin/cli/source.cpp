#include "cli/source.hpp"

#include <fmt/format.h>

#include <charconv>
#include <kpr/parse.hpp>
#include <ostream>

#include "archive/sysdump_reader.hpp"
#include "archive/text.hpp"
#include "evidence/commands.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

std::optional<std::string> given(const FlagValues& flags, std::string_view name) {
  if (!flags.has(name))
    return std::nullopt;
  return flags.get(name);
}

std::optional<bool> given_switch(const FlagValues& flags, std::string_view name) {
  if (!flags.has(name))
    return std::nullopt;
  return flags.on(name);
}

Error bad(const FlagValues& flags, std::string_view name, std::string_view must) {
  return Error{
      ErrorKind::usage,
      fmt::format(
          "invalid argument \"{}\" for \"--{}\" flag: must be {}", flags.get(name), name, must),
      ""};
}

Result<unsigned> number(const FlagValues& flags,
                        std::string_view name,
                        unsigned fallback,
                        unsigned low,
                        unsigned high) {
  if (!flags.has(name))
    return fallback;
  const std::string text = flags.get(name);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    return bad(flags, name, fmt::format("a number from {} to {}", low, high));
  return value;
}

Result<std::chrono::nanoseconds>
duration(const FlagValues& flags, std::string_view name, std::chrono::nanoseconds fallback) {
  if (!flags.has(name))
    return fallback;
  const auto value = parse_kubectl_timeout(flags.get(name));
  if (!value)
    return bad(flags, name, "a duration, like 30s or 2m, or bare seconds");
  return *value;
}

// One line on a terminal, drawn over itself; taken off at the end.
class ProgressLine {
 public:
  explicit ProgressLine(const Environment& environment) : environment_(environment) {}
  ~ProgressLine() {
    if (shown_)
      *environment_.err << "\r\x1b[K" << std::flush;
  }
  void operator()(const live::Progress& p) {
    if (!environment_.err_is_terminal)
      return;
    shown_ = true;
    *environment_.err << "\r\x1b[K"
                      << (p.total == 0
                              ? p.step
                              : fmt::format("inspecting {}/{} agents{}{}",
                                            p.done,
                                            p.total,
                                            p.slow > 0 ? fmt::format(", {} slow", p.slow) : "",
                                            p.failed > 0 ? fmt::format(", {} failed", p.failed)
                                                         : ""))
                      << std::flush;
  }

 private:
  const Environment& environment_;
  bool shown_ = false;
};

// Of saved texts none of which an agent has to do with there is nothing to diagnose or to collect:
// another file was meant. `status` has rows for them.
Result<evidence::Evidence> of_an_agent(Result<evidence::Evidence> read, const std::string& path) {
  if (!read || read->kind != evidence::SourceKind::text)
    return read;
  std::optional<Error> first;
  for (const evidence::Agent& agent : read->agents) {
    const auto& text = agent.outputs.at("status-verbose");
    if (!text) {
      first = first.value_or(Error{ErrorKind::input, text.missing().detail, ""});
      continue;
    }
    const StatusDocument document = parse_status(text->out);
    if (document.recognized || document.kind == InputKind::agent_down ||
        document.kind == InputKind::kubectl_error)
      return read;
    Diagnostic why;
    why.message = "nothing in it was understood";
    for (const Diagnostic& d : document.diagnostics)
      if (d.severity == Severity::error)
        why = d;
    first = first.value_or(
        path.empty()
            ? Error{ErrorKind::input, agent.origin + ": " + why.message, why.hint}
            : Error{ErrorKind::input,
                    fmt::format("{} is neither a cilium sysdump nor a cilium-bugtool archive nor a "
                                "saved `cilium status`: {}",
                                path,
                                why.message),
                    "Make one with `cilium sysdump`, or with `kubectl kpr collect`."});
  }
  return *first;
}

}  // namespace

bool is_live(const FlagValues& flags) {
  return !flags.has("filename") && !flags.has("from");
}

Result<live::ClusterOptions> cluster_options(const FlagValues& flags,
                                             const Environment& environment) {
  live::ClusterOptions o;
  o.config.kubeconfig = given(flags, "kubeconfig");
  o.config.context = given(flags, "context");
  o.config.cluster = given(flags, "cluster");
  o.config.user = given(flags, "user");
  o.config.ns = given(flags, "namespace");
  o.config.server = given(flags, "server");
  o.config.token = given(flags, "token");
  o.config.username = given(flags, "username");
  o.config.password = given(flags, "password");
  o.config.client_certificate = given(flags, "client-certificate");
  o.config.client_key = given(flags, "client-key");
  o.config.certificate_authority = given(flags, "certificate-authority");
  o.config.tls_server_name = given(flags, "tls-server-name");
  o.config.insecure_skip_tls_verify = given_switch(flags, "insecure-skip-tls-verify");
  o.config.disable_compression = given_switch(flags, "disable-compression");
  o.config.no_exec_plugin = flags.on("no-exec-plugin");
  o.config.as = given(flags, "as");
  o.config.as_uid = given(flags, "as-uid");
  o.config.as_groups = flags.all("as-group");
  o.config.as_user_extra = flags.all("as-user-extra");
  o.environment = environment.variables;
  o.user_agent = "kubectl-kpr/v" KPR_VERSION;
  for (const std::string& value : flags.all("node")) {
    for (const std::string_view name : split(value, ','))
      o.nodes.emplace_back(name);
  }
  o.selector = flags.get("selector");
  o.field_selector = flags.get("field-selector");
  KPR_TRY_ASSIGN(o.max_concurrency, number(flags, "max-concurrency", o.max_concurrency, 1, 512));
  KPR_TRY_ASSIGN(o.node_timeout, duration(flags, "node-timeout", o.node_timeout));
  KPR_TRY_ASSIGN(o.request_timeout, duration(flags, "request-timeout", o.request_timeout));
  KPR_TRY_ASSIGN(o.run_timeout, duration(flags, "run-timeout", o.run_timeout));
  KPR_TRY_ASSIGN(o.chunk_size, number(flags, "chunk-size", 500, 0, 100000));
  const std::string via = flags.get("exec-via", "auto");
  if (via == "websocket")
    o.exec_via = kube::ExecVia::websocket;
  else if (via == "kubectl")
    o.exec_via = kube::ExecVia::kubectl;
  else if (via != "auto")
    return bad(flags, "exec-via", "auto, websocket or kubectl");
  for (const std::string_view name : {"kubeconfig",
                                      "context",
                                      "cluster",
                                      "user",
                                      "server",
                                      "token",
                                      "username",
                                      "password",
                                      "client-certificate",
                                      "client-key",
                                      "certificate-authority",
                                      "tls-server-name",
                                      "as",
                                      "as-uid"}) {
    if (flags.has(name))
      o.kubectl_flags.push_back(fmt::format("--{}={}", name, flags.get(name)));
  }
  for (const std::string& group : flags.all("as-group"))
    o.kubectl_flags.push_back("--as-group=" + group);
  for (const std::string& extra : flags.all("as-user-extra"))
    o.kubectl_flags.push_back("--as-user-extra=" + extra);
  if (flags.on("insecure-skip-tls-verify"))
    o.kubectl_flags.emplace_back("--insecure-skip-tls-verify=true");
  o.stdin_is_terminal = environment.in_is_terminal;
  KPR_TRY_ASSIGN(const unsigned verbosity, number(flags, "v", 0, 0, 10));
  std::ostream* err = environment.err;
  o.log = Logger(static_cast<int>(verbosity), [err](int, std::string_view message) {
    *err << escape_terminal(message) << '\n';
  });
  return o;
}

Result<evidence::Evidence> open_source(const FlagValues& flags,
                                       std::string_view subcommand,
                                       const Environment& environment,
                                       evidence::Intake* intake) {
  if (flags.has("filename") && flags.has("from"))
    return Error{ErrorKind::usage, "--filename and --from cannot be used together", ""};
  const bool probes_network = flags.on("probe-network");
  if (probes_network && !is_live(flags))
    return Error{ErrorKind::usage,
                 "--probe-network asks the agents of a cluster; an archive holds what was asked "
                 "when it was made",
                 ""};
  if (!is_live(flags)) {
    const std::string path = flags.get("from");
    Result<evidence::Evidence> read =
        flags.has("from") ? archive::open_evidence(path, environment.interrupt)
                          : archive::from_texts(flags.all("filename"), environment.interrupt);
    return subcommand == "status" ? std::move(read) : of_an_agent(std::move(read), path);
  }
  KPR_TRY_ASSIGN(const live::ClusterOptions options, cluster_options(flags, environment));
  ProgressLine progress(environment);
  std::vector<std::string> commands = evidence::commands_of(subcommand);
  if (probes_network)
    commands.emplace_back(evidence::k_network_probe);
  return live::collect(
      options,
      {std::move(commands), evidence::resources_of(subcommand), intake},
      [&](const live::Progress& p) {
        progress(p);
      },
      environment.interrupt);
}

}  // namespace kpr::cli
