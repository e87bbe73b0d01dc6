#include "live/logs.hpp"

#include "util/encoding.hpp"
#include "util/json.hpp"

namespace kpr::live {

using namespace evidence;

namespace {

using nlohmann::json;

constexpr int k_requests =
    24;  // of a fleet that is down everywhere the first ones say what the others would
constexpr std::size_t k_tail = 15u << 10;  // less than a reader of archives keeps

bool is_ciliums(const json& pod) {
  const json& labels = at(at(pod, "metadata"), "labels");
  return text_at(labels, "k8s-app") == "cilium" ||
         text_at(labels, "app.kubernetes.io/name") == "cilium-agent" ||
         text_at(labels, "io.cilium/app") == "operator" ||
         text_at(labels, "name") == "cilium-operator";
}

// Not running, and not done well; or running and not ready.
bool has_words(const json& status, bool init) {
  const json& state = at(status, "state");
  if (const json& ended = at(state, "terminated"); ended.is_object())
    return at(ended, "exitCode") != 0;
  if (at(state, "running").is_object())
    return !init && at(status, "ready") == false;
  return at(status, "restartCount").is_number_integer() &&
         at(status, "restartCount") > 0;  // one that never ran has no log
}

}  // namespace

bool has_last_words(const json& pod) {
  if (!is_ciliums(pod))
    return false;
  for (const bool init : {true, false})
    for (const json& status :
         at(at(pod, "status"), init ? "initContainerStatuses" : "containerStatuses"))
      if (has_words(status, init))
        return true;
  return false;
}

void read_logs(kube::Client& client, const std::vector<json>& pods, Evidence& evidence) {
  int requests = 0;
  for (const json& pod : pods) {
    const std::string ns = text_at(at(pod, "metadata"), "namespace"),
                      name = text_at(at(pod, "metadata"), "name");
    for (const bool init : {true, false}) {
      for (const json& status :
           at(at(pod, "status"), init ? "initContainerStatuses" : "containerStatuses")) {
        if (!has_words(status, init))
          continue;
        for (const bool previous : {false, true}) {
          if (previous &&
              !(at(status, "restartCount").is_number_integer() && at(status, "restartCount") > 0))
            continue;
          if (++requests > k_requests) {
            evidence.notes.push_back(
                "logs of the first containers that do not run were read, not of all");
            return;
          }
          const std::string container = text_at(status, "name");
          kube::Query query{
              {"container", container}, {"tailLines", "60"}, {"limitBytes", "131072"}};
          if (previous)
            query.emplace_back("previous", "true");
          Result<std::string> log = client.get_text(
              "/api/v1/namespaces/" + url_encode(ns) + "/pods/" + url_encode(name) + "/log", query);
          if (!log &&
              (log.error().kind == ErrorKind::forbidden || log.error().kind == ErrorKind::auth)) {
            evidence.notes.push_back("the logs of containers that do not run could not be read: " +
                                     log.error().message);
            return;
          }
          if (!log || log->empty())
            continue;  // none is kept any more, or the node is gone
          if (log->size() > k_tail) {
            log->erase(0, log->size() - k_tail);
            log->erase(0, log->find('\n') + 1);
          }
          evidence.logs.push_back({ns,
                                   name,
                                   container,
                                   previous,
                                   std::move(*log),
                                   "kubectl -n " + ns + " logs " + name + " -c " + container +
                                       (previous ? " --previous" : "")});
        }
      }
    }
  }
}

}  // namespace kpr::live
