#include "cli/command_table.hpp"

#include <algorithm>

namespace kpr::cli {
namespace {

constexpr Flag k_general[] = {
    {.name = "help", .letter = 'h', .help = "Print help for the command"},
    {.name = "v",
     .letter = 'v',
     .value = "0",
     .fallback = "0",
     .help = "Log level: 4 says which execs are tried again, 6 adds each request with its status "
             "and time; credentials are never logged"},
    {.name = "color",
     .value = "auto",
     .fallback = "auto",
     .help = "Colour on standard output: auto, always or never; auto is off without a terminal, "
             "with TERM=dumb and with NO_COLOR",
     .complete = Complete::words,
     .words = "auto|always|never"},
};

constexpr Flag k_output[] = {
    {.name = "output",
     .letter = 'o',
     .value = "table",
     .help = "Output format. One of: (json, yaml, name, wide)",
     .complete = Complete::outputs,
     .words = "json|yaml|name|wide"},
    {.name = "no-headers", .help = "Don't print headers in table output"},
};

constexpr Flag k_connection[] = {
    {.name = "kubeconfig",
     .value = "path",
     .help = "Path to the kubeconfig file to use for CLI requests",
     .complete = Complete::file},
    {.name = "context",
     .value = "name",
     .help = "The name of the kubeconfig context to use",
     .complete = Complete::contexts},
    {.name = "cluster", .value = "name", .help = "The name of the kubeconfig cluster to use"},
    {.name = "user", .value = "name", .help = "The name of the kubeconfig user to use"},
    {.name = "namespace",
     .letter = 'n',
     .value = "name",
     .help = "The namespace that Cilium runs in; found by itself when not given",
     .complete = Complete::namespaces},
    {.name = "server",
     .letter = 's',
     .value = "url",
     .help = "The address and port of the Kubernetes API server"},
    {.name = "token",
     .value = "token",
     .help = "Bearer token for authentication to the API server"},
    {.name = "username",
     .value = "name",
     .help = "Username for basic authentication to the API server"},
    {.name = "password",
     .value = "password",
     .help = "Password for basic authentication to the API server"},
    {.name = "client-certificate",
     .value = "path",
     .help = "Path to a client certificate file for TLS",
     .complete = Complete::file},
    {.name = "client-key",
     .value = "path",
     .help = "Path to a client key file for TLS",
     .complete = Complete::file},
    {.name = "certificate-authority",
     .value = "path",
     .help = "Path to a cert file for the certificate authority",
     .complete = Complete::file},
    {.name = "insecure-skip-tls-verify",
     .help = "If true, the server's certificate will not be checked for validity"},
    {.name = "tls-server-name",
     .value = "name",
     .help = "Server name to use for server certificate validation"},
    {.name = "as", .value = "user", .help = "Username to impersonate for the operation"},
    {.name = "as-group",
     .value = "group",
     .help = "Group to impersonate for the operation, can be repeated",
     .repeatable = true},
    {.name = "as-uid", .value = "uid", .help = "UID to impersonate for the operation"},
    {.name = "as-user-extra",
     .value = "key=value",
     .help = "User extras to impersonate for the operation, can be repeated",
     .repeatable = true},
    {.name = "request-timeout",
     .value = "0",
     .fallback = "0",
     .help = "How long to wait for a single server request: 1s, 2m, 3h or bare seconds; 0 doesn't "
             "time out requests"},
    {.name = "disable-compression",
     .help = "If true, opt-out of response compression for all requests to the server"},
    {.name = "no-exec-plugin",
     .help = "Run no program that the kubeconfig names for credentials: for one from a stranger"},
    {.name = "cache-dir",
     .value = "path",
     .help = "Accepted for kubectl's sake; nothing is cached",
     .complete = Complete::directory},
};

constexpr Flag k_agents[] = {
    {.name = "node",
     .value = "name",
     .help = "Ask the agent of this node only, can be repeated",
     .repeatable = true,
     .complete = Complete::nodes},
    {.name = "selector",
     .letter = 'l',
     .value = "selector",
     .help = "Label selector to filter nodes on (e.g. -l key1=value1,key2!=value2)"},
    {.name = "field-selector", .value = "selector", .help = "Field selector to filter nodes on"},
    {.name = "max-concurrency",
     .value = "32",
     .help = "Agents to ask at the same time, 1 to 512 (default 32; 64 where each is asked several "
             "things, as by doctor); halved by itself when the server pushes back"},
    {.name = "node-timeout",
     .value = "30s",
     .fallback = "30s",
     .help = "How long one agent may take before its node is reported as not answering"},
    {.name = "run-timeout",
     .value = "5m",
     .fallback = "5m",
     .help = "How long the whole run may take; what was gathered by then is printed"},
    {.name = "exec-via",
     .value = "auto",
     .fallback = "auto",
     .help = "How commands reach the agents: auto, websocket or kubectl",
     .complete = Complete::words,
     .words = "auto|websocket|kubectl"},
    {.name = "chunk-size",
     .value = "500",
     .fallback = "500",
     .help = "Objects of a list to ask for at once"},
};

constexpr Flag k_saved[] = {
    {.name = "filename",
     .letter = 'f',
     .value = "path",
     .help = "Read saved `cilium status` texts: files, a folder of them, or - for standard input; "
             "can be repeated",
     .repeatable = true,
     .complete = Complete::file},
    {.name = "from",
     .value = "path",
     .help = "Read a cilium sysdump or bugtool archive (zip, tar.gz, folder) instead of asking a "
             "cluster",
     .complete = Complete::file},
};

constexpr Flag k_collect[] = {
    {.name = "output",
     .letter = 'o',
     .value = "path",
     .help = "The archive to write, by its ending .zip, .tar.gz or .tgz; never over a file that is "
             "there. By default kpr-sysdump-YYYYMMDD-HHMMSS.zip in this folder, in UTC",
     .complete = Complete::file},
    {.name = "anonymize",
     .help = "Replace names of nodes, namespaces, pods, Services, hosts, registries and clusters, "
             "and addresses, by pseudonyms, everywhere"},
    {.name = "anonymize-map",
     .value = "path",
     .help = "Where to write what stands behind the pseudonyms, for you alone; an earlier map is "
             "used again and extended. By default beside the archive",
     .complete = Complete::file},
    {.name = "from",
     .value = "path",
     .help = "Write what a cilium sysdump or bugtool archive (zip, tar.gz, folder) holds instead "
             "of asking a cluster",
     .complete = Complete::file},
};

constexpr Flag k_probe[] = {
    {.name = "probe-network",
     .help = "Let each agent also open a connection to the kubernetes Service, and close it: "
             "whether hosts reach ClusterIPs"},
};

constexpr Flag k_now[] = {
    {.name = "now",
     .value = "time",
     .help = "The moment that ages refer to, in RFC 3339; by default the server's clock, or the "
             "newest time in an archive"},
};

constexpr Flag k_status[] = {
    {.name = "cohorts",
     .help = "Group nodes with equal settings, and name the settings that differ"},
    {.name = "watch",
     .letter = 'w',
     .help =
         "After the first answer, keep asking and print again; on a pipe print only what changed"},
    {.name = "interval",
     .value = "10s",
     .fallback = "10s",
     .help = "How long --watch waits between two rounds"},
};

constexpr Flag k_parse[] = {
    {.name = "coverage", .help = "Print what was understood of each line instead of the JSON"},
    {.name = "kind",
     .value = "status",
     .fallback = "status",
     .help = "What the text is: status, service-list, health or bpf-lb-list",
     .complete = Complete::words,
     .words = "status|service-list|health"},
};

constexpr Flag k_doctor[] = {
    {.name = "output",
     .letter = 'o',
     .value = "text",
     .fallback = "text",
     .help = "Output format. One of: (text, short, json, yaml, markdown, junit, sarif, html, "
             "prometheus)",
     .complete = Complete::outputs,
     .words = "text|short|json|yaml|markdown|junit|sarif|html|prometheus"},
    {.name = "output-file",
     .value = "path",
     .help = "Write the output to this file instead, whole or not at all: for a text-file "
             "collector, or where there is no shell. A new one is yours alone, with -o prometheus "
             "for all to read; a device, a FIFO or a link stays and is written",
     .complete = Complete::file},
    {.name = "checks",
     .value = "id,id",
     .help = "Run these checks only",
     .repeatable = true,
     .complete = Complete::checks},
    {.name = "skip",
     .value = "id,id",
     .help = "Leave these checks out",
     .repeatable = true,
     .complete = Complete::checks},
    {.name = "min-severity",
     .value = "info",
     .fallback = "info",
     .help = "Print findings of this severity and worse: info, warn, error or critical",
     .complete = Complete::severities,
     .words = "info|warn|error|critical"},
    {.name = "fail-on",
     .value = "error",
     .fallback = "error",
     .help = "Exit with 1 when there is a finding of this severity or worse: info, warn, error, "
             "critical or never",
     .complete = Complete::severities,
     .words = "info|warn|error|critical|never"},
    {.name = "namespace-of-workloads",
     .value = "name",
     .help = "Look at the workloads of this namespace only; by default at those of all namespaces"},
    {.name = "all-namespaces",
     .letter = 'A',
     .help = "Look at the workloads of all namespaces (the default)"},
    {.name = "pull-age",
     .value = "2m",
     .fallback = "2m",
     .help = "How long an image pull may go on before it is a finding"},
    {.name = "waivers",
     .value = "path",
     .help = "File with findings that are known and accepted: id, selector, reason, expires",
     .complete = Complete::file},
    {.name = "explain",
     .help = "Print for each finding also why it matters, all of the evidence and how to verify "
             "the fix"},
};

constexpr Flag k_rbac[] = {
    {.name = "check", .help = "Ask the server whether the current user has each right"},
    {.name = "output",
     .letter = 'o',
     .value = "yaml",
     .fallback = "yaml",
     .help = "Output format. One of: (yaml, json)",
     .complete = Complete::outputs,
     .words = "yaml|json"},
};

constexpr Flag k_document[] = {
    {.name = "output",
     .letter = 'o',
     .value = "text",
     .help = "Output format. One of: (json, yaml)",
     .complete = Complete::outputs,
     .words = "json|yaml"},
};

const std::vector<Command>& table() {
  static const std::vector<Command> k_commands{
      {.name = "status",
       .arguments = "[-f FILE|DIR|-] [flags]",
       .summary = "Show the kube-proxy replacement of every node",
       .text = "Asks every Cilium agent, not one of many, and shows for each node the mode of the "
               "kube-proxy replacement, its devices, direct\n"
               "routing, socket LB and load-balancer features, and what differs between nodes. A "
               "node that does not answer is a row with the\n"
               "reason. With -f it reads saved texts of `cilium status [--verbose]` (Cilium 1.6 to "
               "1.20) instead of asking a cluster.",
       .examples = {{"Show all nodes of the current context", "{} status"},
                    {"Show more columns, and group nodes with equal settings",
                     "{} status -o wide --cohorts"},
                    {"Read saved texts; each file is a node, named by the file",
                     "{} status -f node-a.txt -f node-b.txt"},
                    {"Read one text from a pipe",
                     "kubectl -n kube-system exec ds/cilium -- cilium-dbg status --verbose | {} "
                     "status -f -"}},
       .flag_groups = {k_status, k_saved, k_output, k_now, k_agents, k_connection, k_general}},
      {.name = "doctor",
       .arguments = "[--from PATH] [flags]",
       .summary = "Say what is wrong, where, how we know, and what fixes it",
       .text = "Looks at every agent and at the cluster around them, and reports what is wrong "
               "with the kube-proxy replacement and with what\n"
               "depends on it: the nodes, the evidence, why it matters, and the commands that fix "
               "it, with this cluster's own values filled in.\n"
               "It changes nothing. What could not be read is said, and never counted as healthy.",
       .examples = {{"Diagnose the cluster of the current context", "{} doctor"},
                    {"Diagnose a sysdump", "{} doctor --from cilium-sysdump-20261124-120000.zip"},
                    {"In CI: fail on warnings too, write JUnit",
                     "{} doctor --fail-on=warn -o junit"}},
       .flag_groups = {k_doctor, k_probe, k_saved, k_now, k_agents, k_connection, k_general}},
      {.name = "collect",
       .arguments = "[-o FILE] [flags]",
       .summary = "Save what doctor looks at, as a small cilium sysdump",
       .text = "Asks every agent and the API server for what doctor looks at and writes it in the "
               "layout of a `cilium sysdump`, in seconds.\n"
               "`doctor --from` of the archive says what doctor says of the cluster. Secrets but "
               "for helm's release records, tokens, passwords, private\n"
               "keys and containers' environment are left out; what could not be read stands in "
               "cilium-sysdump.log inside. The file's name is printed.",
       .examples = {{"Save it for later, or for someone else", "{} collect"},
                    {"Without names and addresses; the map of pseudonyms stays here",
                     "{} collect --anonymize -o cluster.zip"},
                    {"Under a name of your own, and look at it",
                     "{} collect -o today.tar.gz && {} doctor --from today.tar.gz"}},
       .flag_groups = {k_collect, k_probe, k_agents, k_connection, k_general}},
      {.name = "checks",
       .arguments = "[flags]",
       .summary = "List the checks that doctor knows",
       .text = "Lists every check of the catalogue with its severity and title. Needs no cluster.",
       .examples = {{"List all checks", "{} checks"}},
       .flag_groups = {k_output, k_general}},
      {.name = "explain",
       .arguments = "ID [flags]",
       .summary = "Explain one check: what, why, fix, verify, sources",
       .text = "Prints what a check finds, why it matters, how to fix it and how to verify that. "
               "Needs no cluster.",
       .examples = {{"Explain a finding", "{} explain image-pull-stuck-pulling"}},
       .flag_groups = {k_document, k_general},
       .complete_argument = Complete::checks},
      {.name = "rbac",
       .arguments = "[status|doctor|collect] [flags]",
       .summary = "Print the least rights that a subcommand needs",
       .text = "Prints the ClusterRole, Role and bindings that hold just what a subcommand needs, "
               "and what each right is for. With --check it asks\n"
               "the server whether the current user has them.",
       .examples = {{"Grant what status needs", "{} rbac status | kubectl apply -f -"},
                    {"Check the current user's rights", "{} rbac doctor --check"}},
       .flag_groups = {k_rbac, k_connection, k_general},
       .complete_argument = Complete::words,
       .argument_words = "status|doctor|collect"},
      {.name = "parse",
       .arguments = "FILE [flags]",
       .summary = "Turn one saved text into the JSON of `cilium status -o json`",
       .text = "Reads one text of `cilium status [--verbose]`, `cilium service list` or "
               "`cilium-health status` and prints it as JSON with Cilium's\n"
               "own keys. - reads standard input.",
       .examples = {{"One fact of a saved text",
                     "{} parse node-a.txt | jq -r '.[\"kube-proxy-replacement\"].mode'"},
                    {"What was not understood", "{} parse --coverage node-a.txt"}},
       .flag_groups = {k_parse, k_now, k_general},
       .complete_argument = Complete::file},
      {.name = "completion",
       .arguments = "bash|zsh|fish|install",
       .summary = "Print a completion script, or install the link that kubectl looks for",
       .text = "kubectl 1.26 and newer completes plugins through an executable named "
               "kubectl_complete-kpr; `completion install` makes it, as a link\n"
               "beside this program. bash, zsh and fish print a script for the name kubectl-kpr "
               "itself.",
       .examples = {{"Let kubectl complete the plugin", "{} completion install"},
                    {"For the name kubectl-kpr in this shell", "source <({} completion bash)"}},
       .flag_groups = {k_general},
       .complete_argument = Complete::words,
       .argument_words = "bash|zsh|fish|install"},
      {.name = "version",
       .arguments = "[flags]",
       .summary = "Print the version",
       .text = "Prints the version of this program and the range of Cilium versions whose texts it "
               "reads.",
       .examples = {{"Print the version as JSON", "{} version -o json"}},
       .flag_groups = {k_document, k_general}},
      {.name = "help",
       .arguments = "[COMMAND]",
       .summary = "Print help for a command",
       .text = "Prints this overview, or the help of one command.",
       .examples = {{"Help for a command", "{} help status"}},
       .flag_groups = {k_general}},
  };
  return k_commands;
}

}  // namespace

const std::vector<Command>& commands() {
  return table();
}

const Command* find_command(std::string_view name) {
  const auto it = std::find_if(table().begin(), table().end(), [&](const Command& c) {
    return c.name == name;
  });
  return it == table().end() ? nullptr : &*it;
}

std::vector<Flag> flags_of(const Command& command) {
  std::vector<Flag> flags;
  for (const auto group : command.flag_groups)
    flags.insert(flags.end(), group.begin(), group.end());
  return flags;
}

const std::vector<Flag>& all_flags() {
  static const std::vector<Flag> k_all = [] {
    std::vector<Flag> flags;
    for (const Command& command : table()) {
      for (const Flag& flag : flags_of(command)) {
        if (std::none_of(flags.begin(), flags.end(), [&](const Flag& f) {
              return f.name == flag.name;
            }))
          flags.push_back(flag);
      }
    }
    flags.push_back({.name = "version", .help = "Print the version"});
    return flags;
  }();
  return k_all;
}

}  // namespace kpr::cli
