// What was collected, raw: the same from a live cluster, a sysdump or saved texts. Facts are made
// from this and from nothing else, so a check cannot tell where it came from. Every piece is
// present, or missing with the reason.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "util/time.hpp"

namespace kpr::evidence {

// no_such_resource: the API server was asked and has no such kind; there are no objects of it, and
// nothing is unknown.
enum class Reason {
  not_asked,
  no_right,
  no_such_file,
  agent_down,
  timed_out,
  too_large,
  version_too_old,
  incomplete,
  interrupted,
  failed,
  no_such_resource
};
std::string_view
to_string(Reason reason);  // "no right", "no such file", … as printed after "skipped: "

struct Missing {
  Reason reason = Reason::not_asked;
  std::string
      detail;  // ready to print: `secrets is forbidden: User "x" cannot list resource "secrets"…`
};

// A T, or why there is none.
template <class T>
class Piece {
 public:
  Piece() : state_(Missing{}) {}
  Piece(T value) : state_(std::move(value)) {}            // NOLINT: implicit on purpose
  Piece(Missing missing) : state_(std::move(missing)) {}  // NOLINT
  explicit operator bool() const { return state_.index() == 0; }
  const T& operator*() const { return std::get<0>(state_); }
  T& operator*() { return std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const Missing& missing() const { return std::get<1>(state_); }

 private:
  std::variant<T, Missing> state_;
};

// Output of one command in the agent's container. `out` may hold stderr too where the source mixes
// them (bugtool files).
struct Output {
  std::string out;
  std::string err;
  int exit_code = 0;
  std::string source;  // where a reader finds it: "cilium-sysdump-…/cilium-bugtool-…/cmd/….md" or
                       // "kubectl -n kube-system exec cilium-x -- cilium-dbg status --verbose"
};

// Commands by name; the same names as the files that `collect` writes stand for. See commands.hpp
// for argv, since, limits.
//   status-verbose, status-json, health-json, service-list, service-list-json, bpf-lb-list,
//   bpf-lb-count, bpf-lb-list-json, config-all, version, hostname, uname, ip-a, iptables-save,
//   iptables-nft-save, iptables-legacy-save, ip6tables-save, ip6tables-nft-save,
//   ip6tables-legacy-save, metrics, bpftool-net, bpftool-cgroup, sysctl, db-frontends, lrp-list, …
using CommandName = std::string;

struct Agent {
  std::string node;  // Kubernetes node name; for a saved text, the file's name
  std::string pod;   // empty for a saved text
  std::string pod_namespace;
  std::string container;               // "cilium-agent"
  std::string origin;                  // file or pod it came from, for messages
  std::optional<Missing> unreachable;  // set: nothing could be asked of this agent, and why (with
                                       // the container's last words)
  std::map<CommandName, Piece<Output>> outputs;  // a name that is absent was not asked
};

// Objects of one resource, each reduced to the fields in use (see reduce.hpp). `source` is a file
// or an API path.
struct Objects {
  std::vector<nlohmann::json> items;
  std::string source;
  bool partial = false;  // some could not be read (truncated YAML, one namespace only)
  std::string partial_detail;
};

struct Log {
  std::string ns, pod, container;
  bool previous = false;
  std::string tail;  // last lines only
  std::string source;
};

enum class SourceKind { cluster, sysdump, bugtool, text };

struct Evidence {
  SourceKind kind = SourceKind::text;
  std::string description;  // "context prod-eu", "cilium-sysdump-20261124-120000.zip", "8 files"
  std::optional<Time>
      now;  // the moment ages refer to: the server's, or the newest time found in an archive
  std::string cilium_namespace;                   // empty when unknown
  std::vector<Agent> agents;                      // natural order of node names
  std::map<std::string, Piece<Objects>> objects;  // by resource plural as in the API: "nodes",
                                                  // "pods", "events", "ciliumnodes", "secrets", …
  std::vector<Log> logs;
  std::vector<std::string> notes;  // problems met while collecting, ready to print on stderr
  bool interrupted = false;        // SIGINT or the whole-run deadline: what is here is not all
};

}  // namespace kpr::evidence
