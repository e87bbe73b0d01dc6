// What the API says, what each agent believes and what its kernel has, compared once: doctor's
// checks and `services` are views of this. Equal differences of many agents are one.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "facts/fleet.hpp"

namespace kpr::services {

enum class Layer {
  agent,   // `service list` against the API's objects
  kernel,  // `bpf lb list` against `service list`
};

enum class Kind {
  missing,  // a frontend
  extra,    // a frontend that no Service has; in the kernel: that the agent does not list
  type,     // a frontend of another type
  policy,   // traffic policies, session affinity
  backend_missing,
  backend_extra,
  backend_state,
  backend_weight,
};
std::string_view to_string(Kind kind);  // "missing", "backend-extra", … as in JSON

// Why a difference may be none: no agent tells that the API's words had come to agents by then.
enum class Doubt {
  none,
  young,  // the objects were changed, or the agents started, as all was read
  moved,  // all agents say the same and the objects, read at another time, another thing
};

struct Difference {
  Layer layer = Layer::agent;
  Kind kind = Kind::missing;
  std::string ns, name;               // of the Service or the host port's pod; empty where nobody's
  std::string frontend;               // "NodePort 0.0.0.0:30080/TCP"
  std::string backend;                // "10.244.0.7:8080"
  std::string wanted, found;          // of what differs in more than being there
  std::vector<std::uint32_t> agents;  // places in Fleet::agents
  Doubt doubt = Doubt::none;
};

// "backend 10.244.0.7:8080 is in no EndpointSlice", without frontend and Service.
std::string sentence(const Difference& difference);

struct Row {
  const facts::Service* service = nullptr;
  std::vector<std::string> frontends;    // titles, as a first agent has to have them
  std::size_t backends = 0, ready = 0;   // addresses and ports in its EndpointSlices
  std::vector<std::uint32_t> differing;  // agents
  std::vector<std::uint32_t> doubtful;   // agents that differ with a doubt
};

struct Comparison {
  std::vector<Difference> differences;
  std::vector<Row> rows;              // one a Service, in the order of the fleet
  std::vector<std::uint32_t> judged;  // agents whose `service list` was read
  std::vector<std::uint32_t> unread;  // agents whose was not
  std::size_t kernels = 0;            // agents whose `bpf lb list` was read
};

struct CompareOptions {
  // What was written, or started, so shortly before may not have come to all agents.
  std::chrono::seconds settle{60}, agent_settle{120};
};

// The fleet's Services and EndpointSlices have to be there.
Comparison compare(const facts::Fleet& fleet, const CompareOptions& options = {});

}  // namespace kpr::services
