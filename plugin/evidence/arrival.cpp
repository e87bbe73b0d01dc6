#include "evidence/arrival.hpp"

#include <fmt/format.h>

#include "evidence/reduce.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::evidence {
namespace {

// What a sysdump says of Helm is one document without metadata.
bool has_names(std::string_view resource) {
  return !resource.starts_with("helm-");
}

void add(std::string& to, std::string words) {
  to += (to.empty() ? "" : "; ") + std::move(words);
}

}  // namespace

nlohmann::json Arrival::take(nlohmann::json&& object) {
  if (has_names(resource_) && text_at(at(object, "metadata"), "name").empty()) {
    ++nameless_;
    return nullptr;
  }
  if (taken_ >= most_) {
    ++beyond_;
    return nullptr;
  }
  nlohmann::json kept = reduce(resource_, std::move(object));
  if (!kept.is_null())
    ++taken_;
  return kept;
}

void Arrival::tell(Objects& objects) const {
  if (nameless_ + beyond_ == 0)
    return;
  objects.partial = true;
  if (nameless_ > 0)
    add(objects.partial_detail, count_of(nameless_, "item") + " without a name left out");
  if (beyond_ > 0)
    add(objects.partial_detail,
        fmt::format("{} left out: more than {} are not read", count_of(beyond_, "item"), most_));
}

}  // namespace kpr::evidence
