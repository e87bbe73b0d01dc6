#include "facts/objects.hpp"

#include <algorithm>

namespace kpr::facts {
namespace {

template <class List>
auto* named(const List& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& x) {
    return x.name == name;
  });
  return found == list.end() ? nullptr : &*found;
}
template <class List>
auto* typed(const List& list, std::string_view type) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& x) {
    return x.type == type;
  });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::string Meta::path(std::string_view kind) const {
  std::string out(kind);
  out += ' ';
  if (!ns.empty())
    out += ns + "/";
  return out + name;
}

const EnvVar* Container::env_named(std::string_view wanted) const {
  return named(env, wanted);
}
bool Container::has_arg(std::string_view arg) const {
  return std::find(args.begin(), args.end(), arg) != args.end() ||
         std::find(command.begin(), command.end(), arg) != command.end();
}

const Condition* Pod::condition(std::string_view type) const {
  return typed(conditions, type);
}
const Container* Pod::container(std::string_view wanted) const {
  const Container* c = named(containers, wanted);
  return c != nullptr ? c : named(init_containers, wanted);
}
bool Pod::ready() const {
  const Condition* c = condition("Ready");
  return c != nullptr && c->status == "True";
}
bool Pod::is_static() const {
  const auto source = annotations.find("kubernetes.io/config.source");
  return owner_kind == "Node" || annotations.count("kubernetes.io/config.mirror") > 0 ||
         (source != annotations.end() && source->second == "file");
}

bool Node::is_control_plane() const {
  return labels.count("node-role.kubernetes.io/control-plane") > 0 ||
         labels.count("node-role.kubernetes.io/master") > 0;
}
bool Node::ready() const {
  const Condition* c = condition("Ready");
  return c != nullptr && c->status == "True";
}
const Condition* Node::condition(std::string_view type) const {
  return typed(conditions, type);
}
std::vector<std::string> Node::ips(std::string_view type) const {
  std::vector<std::string> out;
  for (const auto& a : addresses)
    if (a.type == type)
      out.push_back(a.address);
  return out;
}

const Container* Workload::container(std::string_view wanted) const {
  const Container* c = named(containers, wanted);
  return c != nullptr ? c : named(init_containers, wanted);
}

std::optional<Time> EndpointSlice::changed() const {
  std::optional<Time> last = created;
  const auto trigger = annotations.find("endpoints.kubernetes.io/last-change-trigger-time");
  if (trigger != annotations.end())
    last = std::max(last, parse_rfc3339(trigger->second));
  for (const auto& field : managed_fields)
    last = std::max(last, field.time);
  return last;
}

bool Service::headless() const {
  return cluster_ips.empty() || cluster_ips.front() == "None";
}

}  // namespace kpr::facts
