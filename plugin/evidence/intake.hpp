// What becomes of evidence while it is still being collected.
#pragma once
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "evidence/evidence.hpp"

namespace kpr::evidence {

// Takes what a run brings while the run still goes on, so that a large cluster is never in memory
// at once. This one leaves all in the evidence. Agents, and objects of different resources, may
// come from two threads at once; one resource's objects, or two agents, never do.
class Intake {
 public:
  virtual ~Intake() = default;
  // An agent has answered, whole: what is wanted of its texts can be taken now and they be freed.
  // `place`: its own in the evidence.
  virtual void on_agent(std::size_t /*place*/, Agent& /*agent*/) {}
  // An object of a list that is wanted, cut down. True: it is used up, and the evidence does not
  // keep it.
  virtual bool on_object(const std::string& /*resource*/, nlohmann::json& /*object*/) {
    return false;
  }
  // The list starts again: what came of it so far is void.
  virtual void on_restart(const std::string& /*resource*/) {}
};

}  // namespace kpr::evidence
