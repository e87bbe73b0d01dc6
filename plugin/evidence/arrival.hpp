// Objects of one resource on their way into the evidence, from wherever they come: cut down, and
// bounded in number.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "evidence/evidence.hpp"
#include "util/limits.hpp"

namespace kpr::evidence {

class Arrival {
 public:
  explicit Arrival(std::string resource, std::size_t most = limits::objects_of_resource)
      : resource_(std::move(resource)),
        most_(most) {}
  // The object as it is kept (see reduce.hpp); null: it is left out. Without a name it is no object
  // of Kubernetes, and nothing in its place costs as much memory as many of them.
  nlohmann::json take(nlohmann::json&& object);
  void restart() { taken_ = nameless_ = beyond_ = 0; }
  void tell(Objects& objects) const;  // marks them partial where some were left out by a limit

 private:
  std::string resource_;
  std::size_t most_;
  std::size_t taken_ = 0, nameless_ = 0, beyond_ = 0;
};

}  // namespace kpr::evidence
