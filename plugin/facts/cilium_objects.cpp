#include "facts/cilium_objects.hpp"

#include "facts/read.hpp"

namespace kpr::facts {
namespace {

template <class T, class Fill>
std::optional<std::vector<T>> read_all(const Fleet& fleet, const std::string& resource, Fill fill) {
  const auto* objects = fleet.raw(resource);
  if (objects == nullptr)
    return std::nullopt;
  std::vector<T> all;
  for (const auto& item : objects->items) {
    T made;
    static_cast<Meta&>(made) = read::meta(item);
    fill(read::at(item, "spec"), made);
    all.push_back(std::move(made));
  }
  return all;
}

}  // namespace

std::optional<std::vector<LocalRedirectPolicy>> local_redirect_policies(const Fleet& fleet) {
  return read_all<LocalRedirectPolicy>(
      fleet, "ciliumlocalredirectpolicies", [](const auto& spec, LocalRedirectPolicy& policy) {
        policy.backends =
            read::selector(read::at(read::at(spec, "redirectBackend"), "localEndpointSelector"));
      });
}

std::optional<std::vector<L2AnnouncementPolicy>> l2_announcement_policies(const Fleet& fleet) {
  return read_all<L2AnnouncementPolicy>(
      fleet, "ciliuml2announcementpolicies", [](const auto& spec, L2AnnouncementPolicy& policy) {
        policy.interfaces = read::strings(read::at(spec, "interfaces"));
      });
}

std::optional<std::vector<Meta>> metas_of(const Fleet& fleet, const std::string& resource) {
  return read_all<Meta>(fleet, resource, [](const auto&, Meta&) {});
}

}  // namespace kpr::facts
