#include "evidence/cluster.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "evidence/cluster_agents.hpp"
#include "evidence/cluster_logs.hpp"
#include "evidence/cluster_resources.hpp"
#include "evidence/commands.hpp"
#include "evidence/probe.hpp"
#include "kube/client.hpp"
#include "util/strings.hpp"

namespace kpr::evidence {
namespace {

using SteadyClock = std::chrono::steady_clock;

Result<std::unique_ptr<kube::Client>> open_client(const ClusterOptions& options, os::Interrupt interrupt, std::vector<std::string>& notes) {
  KPR_TRY_ASSIGN(kube::ClientConfig config, kube::load_config(options.config, options.environment));
  notes.insert(notes.end(), config.warnings.begin(), config.warnings.end());
  kube::ClientOptions co;
  co.user_agent = options.user_agent;
  co.request_timeout = options.request_timeout;
  if (options.run_timeout.count() > 0) co.deadline = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(options.run_timeout);
  co.page_size = options.chunk_size;
  co.stdin_is_terminal = options.stdin_is_terminal;
  co.interrupt = interrupt;
  co.log = options.log;
  return kube::Client::create(std::move(config), std::move(co));
}

// Asks the agents of one run and writes what they say into the evidence.
class Asking {
 public:
  Asking(kube::Client& client, const ClusterOptions& options, const Wants& wants, Evidence& evidence)
      : evidence_(evidence), wants_(wants), pool_(client, {.max_concurrency = options.max_concurrency, .node_timeout = options.node_timeout, .via = options.exec_via, .kubectl_flags = options.kubectl_flags}) {}

  void run(const ProgressFn& progress) {
    probe_ = make_probe(wants_.commands);
    if (probe_.commands.empty()) return;
    script_ = probe_argv(probe_);
    for (std::size_t i = 0; i < evidence_.agents.size(); ++i)
      if (!evidence_.agents[i].unreachable) ++total_, submit_probe(i, std::nullopt, true);
    pool_.run([&](const kube::ExecProgress& p) {
      if (progress) progress({.total = total_, .done = done_, .slow = p.slow, .failed = failed_, .step = "inspecting"});
    });
    evidence_.notes.insert(evidence_.notes.end(), pool_.notes().begin(), pool_.notes().end());
  }
  const std::optional<Error>& forbidden() const { return forbidden_; }
  bool any_answer() const { return answered_; }

 private:
  Agent& agent(std::size_t i) { return evidence_.agents[i]; }

  void submit_probe(std::size_t i, std::optional<SteadyClock::time_point> deadline, bool may_repeat) {
    const Agent& a = agent(i);
    kube::ExecRequest request{a.pod_namespace, a.pod, a.container, script_, probe_limit(probe_), deadline};
    pool_.submit(std::move(request), [this, i, may_repeat](Result<kube::ExecAnswer> result) { on_probe(i, std::move(result), may_repeat); });
  }

  void on_probe(std::size_t i, Result<kube::ExecAnswer> result, bool may_repeat) {
    if (!result) {
      // A refusal to start `sh` comes as an Error of the runtime, or as exit code 126 or 127, by runtime.
      if (result.error().kind == ErrorKind::unsupported) return ask_one(i, 0, "cilium-dbg", std::nullopt);
      return fail(i, result.error());
    }
    if ((result->exit_code == 126 || result->exit_code == 127) && result->out.empty()) return ask_one(i, 0, "cilium-dbg", result->deadline);
    const Agent& a = agent(i);
    ProbeAnswer answer = decode_probe(probe_, std::move(result->out), result->err, "kubectl -n " + a.pod_namespace + " exec " + a.pod + " -c " + a.container + " -- {}");
    if (!answer.whole && may_repeat && SteadyClock::now() + std::chrono::milliseconds(100) < result->deadline) return submit_probe(i, result->deadline, false);
    if (!answer.whole) {
      ++failed_;
      if (result->exit_code != 0) {
        const std::string_view err = trim(result->err);
        const std::string_view last = err.substr(err.rfind('\n') == std::string_view::npos ? 0 : err.rfind('\n') + 1);
        answer.broken += " (the probe exited with " + std::to_string(result->exit_code) + (last.empty() ? "" : ": " + escape_terminal(last.substr(0, 200))) + ")";
      }
      agent(i).unreachable = Missing{Reason::incomplete, answer.broken};
    } else {
      answered_ = true;
    }
    agent(i).outputs = std::move(answer.outputs);
    arrived(i);
  }

  void arrived(std::size_t i) {
    ++done_;
    if (wants_.intake != nullptr && !agent(i).unreachable) wants_.intake->on_agent(i, agent(i));
  }

  // No shell in the image: one exec a command, one after the other.
  void ask_one(std::size_t i, std::size_t k, const std::string& binary, std::optional<SteadyClock::time_point> deadline) {
    if (k == probe_.commands.size()) {
      answered_ = true;
      arrived(i);
      return;
    }
    const std::string& name = probe_.commands[k];
    const Agent& a = agent(i);
    const auto argv = command_argv(name, binary);
    kube::ExecRequest request{a.pod_namespace, a.pod, a.container, argv, find_command(name)->max_bytes + 1, deadline};
    pool_.submit(std::move(request), [this, i, k, binary, argv](Result<kube::ExecAnswer> result) {
      const std::string& command = probe_.commands[k];
      const bool none = result ? (result->exit_code == 126 || result->exit_code == 127) && result->out.empty() : result.error().kind == ErrorKind::unsupported;
      const bool own = argv.front() == binary;
      if (none && own && binary == "cilium-dbg") return ask_one(i, k, "cilium", result ? std::optional(result->deadline) : std::nullopt);
      if (!result && !none && result.error().kind != ErrorKind::too_large) return fail(i, result.error());
      Agent& to = agent(i);
      if (none) to.outputs[command] = Missing{Reason::no_such_file, own ? "the image has neither cilium-dbg nor cilium" : "the image has no " + argv.front()};
      else if (!result) to.outputs[command] = missing_of(result.error());
      else if (result->out.empty() && result->exit_code == 0) to.outputs[command] = Missing{Reason::incomplete, "the answer is empty"};  // nothing proves that this was all
      else to.outputs[command] = judge_output(command, {std::move(result->out), std::move(result->err), result->exit_code, "kubectl -n " + to.pod_namespace + " exec " + to.pod + " -c " + to.container + " -- " + join(argv, " ")});
      ask_one(i, k + 1, binary, result ? std::optional(result->deadline) : std::nullopt);
    });
  }

  void fail(std::size_t i, const Error& error) {
    ++done_;
    ++failed_;
    agent(i).unreachable = missing_of(error);
    if (auto& notes = evidence_.notes; !error.hint.empty() && std::find(notes.begin(), notes.end(), error.hint) == notes.end()) notes.push_back(error.hint);
    const bool refused = error.kind == ErrorKind::forbidden || error.kind == ErrorKind::auth;
    if (refused && !forbidden_) forbidden_ = error;
    if (refused && !answered_ && ++refusals_ == 3) pool_.cancel_waiting(error);  // the others will not be allowed either
  }

  Evidence& evidence_;
  const Wants& wants_;
  kube::ExecPool pool_;
  Probe probe_;
  std::vector<std::string> script_;
  std::size_t total_ = 0, done_ = 0, failed_ = 0;
  int refusals_ = 0;
  bool answered_ = false;
  std::optional<Error> forbidden_;
};

// Which of the two verbs on pods/exec is missing: `get` for WebSocket, `create` too from Kubernetes 1.35 on.
std::string missing_exec_verbs(kube::Client& client, const std::string& ns) {
  std::vector<std::string> verbs;
  for (const char* verb : {"get", "create"})
    if (const auto answer = client.can_i({.verb = verb, .group = "", .resource = "pods", .subresource = "exec", .ns = ns, .name = ""}); answer && !answer->allowed) verbs.emplace_back(verb);
  if (verbs.empty()) return {};
  return "missing right: " + join(verbs, " and ") + " on pods/exec in namespace " + ns + "; kubectl kpr rbac prints what is needed";
}

}  // namespace

Result<Evidence> collect(const ClusterOptions& options, const Wants& wants, const ProgressFn& progress, os::Interrupt interrupt) {
  Evidence e;
  e.kind = SourceKind::cluster;
  KPR_TRY_ASSIGN(const auto client, open_client(options, interrupt, e.notes));
  e.description = client->config().origin;
  const auto step = [&progress](std::string text) { if (progress) progress({.step = std::move(text)}); };

  std::string ns = options.config.ns.value_or("");
  if (const auto it = options.environment.find("CILIUM_NAMESPACE"); ns.empty() && it != options.environment.end()) ns = it->second;
  step("looking for the agents");
  KPR_TRY_ASSIGN(Found found, find_agents(*client, options, ns));
  step("listing nodes");
  KPR_TRY_ASSIGN(NodeNames nodes, list_nodes(*client, options));
  e.cilium_namespace = found.ns;
  e.notes.insert(e.notes.end(), found.notes.begin(), found.notes.end());
  e.notes.insert(e.notes.end(), nodes.notes.begin(), nodes.notes.end());
  if (found.by_node.empty() && found.homeless.empty())
    return Error{.kind = ErrorKind::not_found, .message = "no Cilium agents found in " + (ns.empty() ? "any namespace" : "namespace " + ns),
                 .hint = join(found.notes, "\n") + (found.notes.empty() ? "" : "\n") + (ns.empty() ? "is this the right cluster? --context names another" : "-n names the namespace that Cilium runs in")};

  // Rows: every node that is wanted, with its agent or without.
  std::set<std::string> names(nodes.names.begin(), nodes.names.end());
  if (nodes.unknown) e.objects["nodes"] = Missing{Reason::no_right, *nodes.unknown};
  if (nodes.unknown)
    for (const auto& [node, pod] : found.by_node) names.insert(node);
  if (!options.nodes.empty()) {
    for (const auto& name : options.nodes)
      if (!names.contains(name)) return Error{.kind = ErrorKind::not_found, .message = "Error from server (NotFound): nodes \"" + escape_terminal(name) + "\" not found", .hint = {}};
    names = {options.nodes.begin(), options.nodes.end()};
  }
  for (const auto& name : names) {
    Agent a;
    a.node = name;
    a.container = options.container.empty() ? "cilium-agent" : options.container;
    if (const auto it = found.by_node.find(name); it != found.by_node.end()) {
      a.pod = it->second.name;
      a.pod_namespace = it->second.ns;
      a.origin = a.pod_namespace + "/" + a.pod;
      if (it->second.down) a.unreachable = Missing{Reason::agent_down, *it->second.down};
    } else {
      a.origin = "node " + name;
      a.unreachable = Missing{Reason::agent_down, "no agent on this node"};
      for (const auto& p : found.homeless)  // DaemonSet pods are bound by the scheduler: a pending one names its node in its affinity only
        if (p.down && found.homeless.size() == 1) a.unreachable->detail += ": pod " + p.name + ": " + *p.down;
    }
    e.agents.push_back(std::move(a));
  }
  std::sort(e.agents.begin(), e.agents.end(), [](const Agent& a, const Agent& b) { return natural_less(a.node, b.node); });
  if (e.agents.empty()) return Error{.kind = ErrorKind::not_found, .message = "no nodes match", .hint = {}};

  if (!wants.commands.empty()) {
    Asking asking(*client, options, wants, e);
    asking.run(progress);
    if (asking.forbidden()) {
      const std::string verbs = asking.forbidden()->kind == ErrorKind::forbidden ? missing_exec_verbs(*client, found.ns) : std::string();
      if (!verbs.empty()) e.notes.push_back(verbs);
      if (!asking.any_answer() && wants.resources.empty()) {  // nothing to show
        Error error = *asking.forbidden();
        if (!verbs.empty()) error.hint = verbs;
        return error;
      }
    }
  }
  std::vector<nlohmann::json> with_last_words;
  const ObjectSink sink{
      .take = [&](const std::string& plural, nlohmann::json& object) {
        if (plural == "pods" && has_last_words(object)) with_last_words.push_back(object);
        return wants.intake != nullptr && wants.intake->on_object(plural, object);
      },
      .restart = [&](const std::string& plural) {
        if (plural == "pods") with_last_words.clear();
        if (wants.intake != nullptr) wants.intake->on_restart(plural);
      }};
  for (const auto& plural : wants.resources) {
    if (plural == "logs") continue;
    if (interrupt.raised()) {
      e.objects[plural] = Missing{Reason::interrupted, "interrupted"};
      continue;
    }
    step("listing " + plural);
    e.objects[plural] = list_resource(*client, plural, found.ns, sink);
  }
  if (std::find(wants.resources.begin(), wants.resources.end(), "logs") != wants.resources.end() && !interrupt.raised()) {
    step("reading logs");
    read_logs(*client, with_last_words, e);
  }
  e.now = client->server_time();
  const bool out_of_time = client->options().deadline && SteadyClock::now() >= *client->options().deadline;
  e.interrupted = interrupt.raised() || out_of_time;
  if (out_of_time) e.notes.emplace_back("the time limit of the whole run was reached: what is shown is not all");
  return e;
}

Result<std::vector<RightAnswer>> check_rights(const ClusterOptions& options, const std::vector<Right>& rights, os::Interrupt interrupt) {
  std::vector<std::string> notes;
  KPR_TRY_ASSIGN(const auto client, open_client(options, interrupt, notes));
  std::vector<RightAnswer> answers;
  for (const auto& right : rights) {
    KPR_TRY_ASSIGN(const auto answer, client->can_i({right.verb, right.group, right.resource, right.subresource, right.ns, right.name}));
    answers.push_back({right, answer.allowed, answer.reason});
  }
  return answers;
}

}  // namespace kpr::evidence
