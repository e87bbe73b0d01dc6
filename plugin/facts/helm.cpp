// Helm's releases: Secrets of type helm.sh/release.v1.
#include <charconv>

#include "evidence/helm_release.hpp"
#include "facts/read.hpp"
#include "util/json.hpp"

namespace kpr::facts::read {
bool is_helm_release(const Json& object) {
  if (text(object, "type") == "helm.sh/release.v1")
    return true;
  const Json& l = at(at(object, "metadata"), "labels");
  return text(l, "owner") == "helm" && !text(l, "name").empty() && !text(l, "version").empty();
}

HelmRelease helm_release(const Json& object) {
  HelmRelease r;
  const Meta m = meta(object);
  r.ns = m.ns;
  r.source = m.path("Secret");
  const auto label = [&](const char* key) {
    const auto found = m.labels.find(key);
    return found == m.labels.end() ? std::string() : found->second;
  };
  r.by_controller = !label("helmcharts.helm.cattle.io/configHash").empty();
  if (!m.managed_fields.empty())
    r.written_by = m.managed_fields.front().manager;
  r.name = label("name");
  r.status = r.label_status = label("status");
  const std::string version = label("version"), modified = label("modifiedAt");
  std::from_chars(version.data(), version.data() + version.size(), r.revision);
  long long seconds = 0;
  if (!modified.empty() &&
      std::from_chars(modified.data(), modified.data() + modified.size(), seconds).ec ==
          std::errc() &&
      seconds > 0 && seconds < 1LL << 40)
    r.modified = Time(std::chrono::seconds(seconds));
  // Tests give it decoded; else the payload as the API has it.
  const Json& plain = at(object, "release");
  const Result<Json> decoded =
      plain.is_object() ? plain
                        : evidence::decode_helm_release(text(at(object, "data"), "release"));
  if (!decoded) {
    r.problem = "the release's payload " + decoded.error().message;
    return r;
  }
  const Json& release = *decoded;
  const Json& info = at(release, "info");
  const Json& chart = at(at(release, "chart"), "metadata");
  if (!text(release, "name").empty())
    r.name = text(release, "name");
  if (!text(info, "status").empty())
    r.status = text(info, "status");
  r.chart = text(chart, "name");
  r.chart_version = text(chart, "version");
  r.app_version = text(chart, "appVersion");
  r.first_deployed = time(info, "first_deployed");
  r.last_deployed = time(info, "last_deployed");
  r.description = text(info, "description");
  r.server_side = text(release, "apply_method") == "ssa";
  if (r.revision == 0)
    r.revision = static_cast<int>(number(release, "version"));
  if (const Json& values = at(release, "config"); values.is_object())
    r.values_json = json_text(values);
  r.decoded = true;
  return r;
}

HelmRelease helm_from_dump(const Json& values, const Json& metadata, std::string source) {
  HelmRelease r;
  r.name = text(metadata, "name").empty() ? "cilium" : text(metadata, "name");
  r.ns = text(metadata, "namespace");
  r.status = r.label_status = text(metadata, "status");
  r.revision = static_cast<int>(number(metadata, "revision"));
  r.chart = text(metadata, "chart");
  r.chart_version = text(metadata, "version");
  r.app_version = text(metadata, "appVersion");
  r.last_deployed = time(metadata, "deployedAt");
  if (values.is_object())
    r.values_json = json_text(values);
  r.decoded = true;
  r.source = std::move(source);
  return r;
}

}  // namespace kpr::facts::read
