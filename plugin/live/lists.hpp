// Objects of the API, listed page by page and cut down on arrival. Only for the cluster collector.
#pragma once
#include <functional>
#include <string>

#include "evidence/evidence.hpp"
#include "kube/client.hpp"

namespace kpr::live {

// Where objects go first; the two members of an Intake.
struct ObjectSink {
  std::function<bool(const std::string& plural, nlohmann::json& object)> take;  // true: used up
  std::function<void(const std::string& plural)> restart;
};

// Never an Error: what could not be listed is Missing with the reason. Objects that the sink does
// not use up are the items.
evidence::Piece<evidence::Objects> list_resource(kube::Client& client,
                                                 const std::string& plural,
                                                 const std::string& cilium_namespace,
                                                 const ObjectSink& sink);

// The reason that an Error stands for in a row.
evidence::Missing missing_of(const Error& error);

}  // namespace kpr::live
