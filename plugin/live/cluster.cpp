#include "live/cluster.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <set>

#include "evidence/commands.hpp"
#include "kube/client.hpp"
#include "live/find_agents.hpp"
#include "live/lists.hpp"
#include "live/logs.hpp"
#include "live/probe.hpp"
#include "util/strings.hpp"

namespace kpr::live {

using namespace evidence;

namespace {

using SteadyClock = std::chrono::steady_clock;

Result<std::unique_ptr<kube::Client>> open_client(const ClusterOptions& options,
                                                  os::Interrupt interrupt,
                                                  std::vector<std::string>& notes) {
  KPR_TRY_ASSIGN(kube::ClientConfig config, kube::load_config(options.config, options.environment));
  notes.insert(notes.end(), config.warnings.begin(), config.warnings.end());
  kube::ClientOptions co;
  co.user_agent = options.user_agent;
  co.request_timeout = options.request_timeout;
  if (options.run_timeout.count() > 0)
    co.deadline =
        SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(options.run_timeout);
  co.page_size = options.chunk_size;
  co.stdin_is_terminal = options.stdin_is_terminal;
  co.interrupt = interrupt;
  co.log = options.log;
  return kube::Client::create(std::move(config), std::move(co));
}

unsigned at_a_time(const ClusterOptions& options, const Wants& wants) {
  if (options.max_concurrency != 0)
    return options.max_concurrency;
  return wants.commands.size() > 1 ? 64 : 32;
}

// Asks the agents of one run and writes what they say into the evidence.
class Asking {
 public:
  Asking(kube::Client& client,
         const ClusterOptions& options,
         const Wants& wants,
         Evidence& evidence)
      : evidence_(evidence),
        wants_(wants),
        probe_(make_probe(wants.commands)),
        again_(probe_),
        pool_(client,
              {.max_concurrency = at_a_time(options, wants),
               .node_timeout = options.node_timeout,
               .via = options.exec_via,
               .kubectl_flags = options.kubectl_flags}) {
    again_.cuts = true;
  }

  void run(const ProgressFn& progress) {
    if (probe_.commands.empty())
      return;
    for (std::size_t i = 0; i < evidence_.agents.size(); ++i)
      if (!evidence_.agents[i].unreachable)
        ++total_, submit_probe(i, std::nullopt, probe_);
    pool_.run([&](const kube::ExecProgress& p) {
      if (progress)
        progress({.total = total_,
                  .done = done_,
                  .slow = p.slow,
                  .failed = failed_,
                  .step = "inspecting"});
    });
    evidence_.notes.insert(evidence_.notes.end(), pool_.notes().begin(), pool_.notes().end());
  }
  const std::optional<Error>& forbidden() const { return forbidden_; }
  bool any_answer() const { return answered_; }

 private:
  Agent& agent(std::size_t i) { return evidence_.agents[i]; }

  void
  submit_probe(std::size_t i, std::optional<SteadyClock::time_point> deadline, const Probe& probe) {
    const Agent& a = agent(i);
    kube::ExecRequest request{
        a.pod_namespace, a.pod, a.container, probe_argv(probe), probe_limit(probe), deadline};
    pool_.submit(std::move(request), [this, i, &probe](Result<kube::ExecAnswer> result) {
      on_probe(i, std::move(result), probe);
    });
  }

  // What is cut, or too large as a whole, is asked for once again.
  void on_probe(std::size_t i, Result<kube::ExecAnswer> result, const Probe& probe) {
    if (!result) {
      if (result.error().kind == ErrorKind::too_large && &probe != &again_ &&
          probe.commands.size() > 1)
        return submit_probe(i, std::nullopt, again_);
      // A refusal to start `sh` comes as an Error of the runtime, or as exit code 126 or 127, by
      // runtime.
      if (result.error().kind == ErrorKind::unsupported)
        return ask_one(i, 0, "cilium-dbg", std::nullopt);
      return fail(i, result.error());
    }
    if ((result->exit_code == 126 || result->exit_code == 127) && result->out.empty())
      return ask_one(i, 0, "cilium-dbg", result->deadline);
    const Agent& a = agent(i);
    ProbeAnswer answer = decode_probe(probe,
                                      std::move(result->out),
                                      result->err,
                                      "kubectl -n " + a.pod_namespace + " exec " + a.pod + " -c " +
                                          a.container + " -- {}");
    if (!answer.whole && &probe != &again_ &&
        SteadyClock::now() + std::chrono::milliseconds(100) < result->deadline)
      return submit_probe(i, result->deadline, again_);
    if (!answer.whole) {
      ++failed_;
      if (result->exit_code != 0) {
        const std::string_view err = trim(result->err);
        const std::string_view last =
            err.substr(err.rfind('\n') == std::string_view::npos ? 0 : err.rfind('\n') + 1);
        answer.broken += " (the probe exited with " + std::to_string(result->exit_code) +
                         (last.empty() ? "" : ": " + escape_terminal(last.substr(0, 200))) + ")";
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
    if (wants_.intake != nullptr && !agent(i).unreachable)
      wants_.intake->on_agent(i, agent(i));
  }

  // No shell in the image: one exec a command, one after the other.
  void ask_one(std::size_t i,
               std::size_t k,
               const std::string& binary,
               std::optional<SteadyClock::time_point> deadline) {
    if (k == probe_.commands.size()) {
      answered_ = true;
      arrived(i);
      return;
    }
    const std::string& name = probe_.commands[k];
    const Agent& a = agent(i);
    const auto argv = command_argv(name, binary);
    kube::ExecRequest request{
        a.pod_namespace, a.pod, a.container, argv, find_command(name)->max_bytes + 1, deadline};
    pool_.submit(std::move(request), [this, i, k, binary, argv](Result<kube::ExecAnswer> result) {
      const std::string& command = probe_.commands[k];
      const bool none =
          result ? (result->exit_code == 126 || result->exit_code == 127) && result->out.empty()
                 : result.error().kind == ErrorKind::unsupported;
      const bool own = argv.front() == binary;
      if (none && own && binary == "cilium-dbg")
        return ask_one(i, k, "cilium", result ? std::optional(result->deadline) : std::nullopt);
      if (!result && !none && result.error().kind != ErrorKind::too_large)
        return fail(i, result.error());
      Agent& to = agent(i);
      if (none)
        to.outputs[command] = Missing{Reason::no_such_file,
                                      own ? "the image has neither cilium-dbg nor cilium"
                                          : "the image has no " + argv.front()};
      else if (!result)
        to.outputs[command] = missing_of(result.error());
      else if (result->out.empty() && result->exit_code == 0)
        to.outputs[command] =
            Missing{Reason::incomplete, "the answer is empty"};  // nothing proves that this was all
      else
        to.outputs[command] = judge_output(
            command,
            {find_command(command)->counted ? count_lines(result->out) : std::move(result->out),
             std::move(result->err),
             result->exit_code,
             "kubectl -n " + to.pod_namespace + " exec " + to.pod + " -c " + to.container + " -- " +
                 join(argv, " ")});
      ask_one(i, k + 1, binary, result ? std::optional(result->deadline) : std::nullopt);
    });
  }

  void fail(std::size_t i, const Error& error) {
    ++done_;
    ++failed_;
    agent(i).unreachable = missing_of(error);
    if (auto& notes = evidence_.notes;
        !error.hint.empty() && std::find(notes.begin(), notes.end(), error.hint) == notes.end())
      notes.push_back(error.hint);
    const bool refused = error.kind == ErrorKind::forbidden || error.kind == ErrorKind::auth;
    if (refused && !forbidden_)
      forbidden_ = error;
    if (refused && !answered_ && ++refusals_ == 3)
      pool_.cancel_waiting(error);  // the others will not be allowed either
  }

  Evidence& evidence_;
  const Wants& wants_;
  const Probe probe_;
  Probe again_;
  kube::ExecPool pool_;
  std::size_t total_ = 0, done_ = 0, failed_ = 0;
  int refusals_ = 0;
  bool answered_ = false;
  std::optional<Error> forbidden_;
};

// Lists the objects of one run, in a thread of its own or not, into an evidence of its own.
class Listing {
 public:
  Listing(kube::Client& client, const Wants& wants, std::string cilium_namespace)
      : client_(client),
        wants_(wants),
        cilium_namespace_(std::move(cilium_namespace)) {}

  void run(const std::vector<std::string>& resources, const ProgressFn& progress) {
    for (const auto& plural : resources) {
      const bool interrupted = client_.options().interrupt.raised();
      if (progress && !interrupted)
        progress({.step = plural == "logs" ? "reading logs" : "listing " + plural});
      if (plural == "logs") {
        if (!interrupted)
          read_logs(client_, with_last_words_, gathered_);
      } else if (interrupted) {
        gathered_.objects[plural] = Missing{Reason::interrupted, "interrupted"};
      } else {
        gathered_.objects[plural] = list_resource(client_, plural, cilium_namespace_, sink_);
      }
    }
  }

  void move_into(Evidence& e) {
    for (auto& [plural, objects] : gathered_.objects)
      e.objects.insert_or_assign(plural, std::move(objects));
    std::move(gathered_.logs.begin(), gathered_.logs.end(), std::back_inserter(e.logs));
    std::move(gathered_.notes.begin(), gathered_.notes.end(), std::back_inserter(e.notes));
  }

 private:
  kube::Client& client_;
  const Wants& wants_;
  const std::string cilium_namespace_;
  Evidence gathered_;
  std::vector<nlohmann::json> with_last_words_;
  const ObjectSink sink_{.take =
                             [this](const std::string& plural, nlohmann::json& object) {
                               if (plural == "pods" && has_last_words(object))
                                 with_last_words_.push_back(object);
                               return wants_.intake != nullptr &&
                                      wants_.intake->on_object(plural, object);
                             },
                         .restart =
                             [this](const std::string& plural) {
                               if (plural == "pods")
                                 with_last_words_.clear();
                               if (wants_.intake != nullptr)
                                 wants_.intake->on_restart(plural);
                             }};
};

// What agents are compared with is asked for when they have answered: what is new in it then is
// young, and checks pass over what is young. The other way round a backend that came in between
// would be one that only the agent knows.
bool after_the_agents(const std::string& plural) {
  return plural == "services" || plural == "endpointslices";
}

// Which of the two verbs on pods/exec is missing: `get` for WebSocket, `create` too from
// Kubernetes 1.35 on.
std::string missing_exec_verbs(kube::Client& client, const std::string& ns) {
  std::vector<std::string> verbs;
  for (const char* verb : {"get", "create"})
    if (const auto answer = client.can_i({.verb = verb,
                                          .group = "",
                                          .resource = "pods",
                                          .subresource = "exec",
                                          .ns = ns,
                                          .name = ""});
        answer && !answer->allowed)
      verbs.emplace_back(verb);
  if (verbs.empty())
    return {};
  return "missing right: " + join(verbs, " and ") + " on pods/exec in namespace " + ns +
         "; kubectl kpr rbac prints what is needed";
}

}  // namespace

Result<Evidence> collect(const ClusterOptions& given,
                         const Wants& wants,
                         const ProgressFn& told,
                         os::Interrupt interrupt) {
  std::mutex telling;  // two threads log, and one of them tells progress
  ClusterOptions options = given;
  options.log = given.log.serial(telling);
  const ProgressFn progress = !told ? told : [&](const Progress& p) {
    const std::lock_guard lock(telling);
    told(p);
  };
  Evidence e;
  e.kind = SourceKind::cluster;
  KPR_TRY_ASSIGN(const auto client, open_client(options, interrupt, e.notes));
  e.description = client->config().origin;
  const auto step = [&progress](std::string text) {
    if (progress)
      progress({.step = std::move(text)});
  };

  std::string ns = options.config.ns.value_or("");
  if (const auto it = options.environment.find("CILIUM_NAMESPACE");
      ns.empty() && it != options.environment.end())
    ns = it->second;
  step("looking for the agents");
  KPR_TRY_ASSIGN(Found found, find_agents(*client, options, ns));
  step("listing nodes");
  KPR_TRY_ASSIGN(NodeNames nodes, list_nodes(*client, options));
  e.cilium_namespace = found.ns;
  e.notes.insert(e.notes.end(), found.notes.begin(), found.notes.end());
  e.notes.insert(e.notes.end(), nodes.notes.begin(), nodes.notes.end());
  if (found.by_node.empty() && found.homeless.empty())
    return Error{.kind = ErrorKind::not_found,
                 .message = "no Cilium agents found in " +
                            (ns.empty() ? "any namespace" : "namespace " + ns),
                 .hint = join(found.notes, "\n") + (found.notes.empty() ? "" : "\n") +
                         (ns.empty() ? "is this the right cluster? --context names another"
                                     : "-n names the namespace that Cilium runs in")};

  // Rows: every node that is wanted, with its agent or without.
  std::set<std::string> names(nodes.names.begin(), nodes.names.end());
  if (nodes.unknown)
    e.objects["nodes"] = Missing{Reason::no_right, *nodes.unknown};
  if (nodes.unknown)
    for (const auto& [node, pod] : found.by_node)
      names.insert(node);
  if (!options.nodes.empty()) {
    for (const auto& name : options.nodes)
      if (!names.contains(name))
        return Error{.kind = ErrorKind::not_found,
                     .message = "Error from server (NotFound): nodes \"" + escape_terminal(name) +
                                "\" not found",
                     .hint = {}};
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
      if (it->second.down)
        a.unreachable = Missing{Reason::agent_down, *it->second.down};
    } else {
      a.origin = "node " + name;
      a.unreachable = Missing{Reason::agent_down, "no agent on this node"};
      for (const auto& p : found.homeless)  // DaemonSet pods are bound by the scheduler: a pending
                                            // one names its node in its affinity only
        if (p.down && found.homeless.size() == 1)
          a.unreachable->detail += ": pod " + p.name + ": " + *p.down;
    }
    e.agents.push_back(std::move(a));
  }
  std::sort(e.agents.begin(), e.agents.end(), [](const Agent& a, const Agent& b) {
    return natural_less(a.node, b.node);
  });
  if (e.agents.empty())
    return Error{.kind = ErrorKind::not_found, .message = "no nodes match", .hint = {}};

  // Most lists are read while the agents think.
  std::vector<std::string> resources = wants.resources;
  const auto behind =
      std::stable_partition(resources.begin(), resources.end(), [](const std::string& plural) {
        return !after_the_agents(plural);
      });
  const std::vector<std::string> meanwhile(resources.begin(), behind),
      afterwards(behind, resources.end());
  const auto twin = client->twin();
  Listing first(*twin, wants, found.ns), second(*client, wants, found.ns);
  auto lists = std::async(meanwhile.empty() ? std::launch::deferred : std::launch::async, [&] {
    first.run(meanwhile, {});
  });
  if (!wants.commands.empty()) {
    Asking asking(*client, options, wants, e);
    asking.run(progress);
    if (asking.forbidden()) {
      const std::string verbs = asking.forbidden()->kind == ErrorKind::forbidden
                                    ? missing_exec_verbs(*client, found.ns)
                                    : std::string();
      if (!verbs.empty())
        e.notes.push_back(verbs);
      if (!asking.any_answer() && wants.resources.empty()) {  // nothing to show
        Error error = *asking.forbidden();
        if (!verbs.empty())
          error.hint = verbs;
        return error;
      }
    }
  }
  second.run(afterwards, progress);
  if (!meanwhile.empty())
    step("listing objects");
  lists.get();
  first.move_into(e);
  second.move_into(e);
  e.now = client->server_time();
  const bool out_of_time =
      client->options().deadline && SteadyClock::now() >= *client->options().deadline;
  e.interrupted = interrupt.raised() || out_of_time;
  if (out_of_time)
    e.notes.emplace_back("the time limit of the whole run was reached: what is shown is not all");
  return e;
}

Result<std::vector<RightAnswer>> check_rights(const ClusterOptions& options,
                                              const std::vector<Right>& rights,
                                              os::Interrupt interrupt) {
  std::vector<std::string> notes;
  KPR_TRY_ASSIGN(const auto client, open_client(options, interrupt, notes));
  std::vector<RightAnswer> answers;
  for (const auto& right : rights) {
    KPR_TRY_ASSIGN(
        const auto answer,
        client->can_i(
            {right.verb, right.group, right.resource, right.subresource, right.ns, right.name}));
    answers.push_back({right, answer.allowed, answer.reason});
  }
  return answers;
}

}  // namespace kpr::live
