// Helm's releases: Secrets of type helm.sh/release.v1 whose data.release is
// base64(base64(gzip(json))).
#include <openssl/evp.h>

#include <charconv>

#include "facts/read.hpp"
#include "util/gzip.hpp"

namespace kpr::facts::read {
namespace {

constexpr std::size_t k_max_encoded = 8u << 20;  // Kubernetes refuses Secrets above 1 MiB
constexpr std::size_t k_max_decoded = 64u << 20;

std::optional<std::string> base64(std::string_view in) {
  std::string clean;
  clean.reserve(in.size());
  for (char c : in)
    if (c != '\n' && c != '\r' && c != ' ')
      clean += c;
  if (clean.empty() || clean.size() % 4 != 0 || clean.size() > k_max_encoded)
    return std::nullopt;
  std::string out(clean.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(clean.data()),
                                static_cast<int>(clean.size()));
  if (n < 0)
    return std::nullopt;
  std::size_t size = static_cast<std::size_t>(n);
  for (std::size_t i = clean.size();
       i > 0 && clean[i - 1] == '=' && size > 0 && clean.size() - i < 2;
       --i)
    --size;
  out.resize(size);
  return out;
}

}  // namespace

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
  // A reduced object holds the decoded release already; else the payload as the API has it.
  Json release = at(object, "release");
  if (!release.is_object()) {
    const std::string payload = text(at(object, "data"), "release");
    if (payload.empty()) {
      r.problem = "the release's payload was not read";
      return r;
    }
    auto once = base64(payload);
    auto twice = once ? base64(*once) : std::nullopt;
    if (!twice) {
      r.problem = "the release's payload is not base64";
      return r;
    }
    std::string plain = *twice;
    if (plain.size() > 2 && plain[0] == '\x1f' && plain[1] == '\x8b') {
      auto unzipped = gunzip(plain, k_max_decoded);
      if (!unzipped) {
        r.problem = "the release's payload cannot be unpacked, or is larger than 64 MiB";
        return r;
      }
      plain = std::move(*unzipped);
    }
    // Only a few keys are kept: the manifest and the templates are large.
    release = Json::parse(
        plain,
        [](int depth, Json::parse_event_t event, Json& parsed) {
          if (event == Json::parse_event_t::key && depth == 1) {
            const auto& key = parsed.get_ref<const std::string&>();
            return key == "name" || key == "info" || key == "chart" || key == "config" ||
                   key == "version" || key == "namespace" || key == "apply_method";
          }
          if (event == Json::parse_event_t::key && depth == 2) {
            const auto& key = parsed.get_ref<const std::string&>();
            return key != "templates" && key != "files" && key != "schema" && key != "values" &&
                   key != "notes" && key != "lock";
          }
          return true;
        },
        false);
    if (!release.is_object()) {
      r.problem = "the release's payload is not JSON";
      return r;
    }
  }
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
    r.values_json = values.dump(-1, ' ', false, Json::error_handler_t::replace);
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
    r.values_json = values.dump(-1, ' ', false, Json::error_handler_t::replace);
  r.decoded = true;
  r.source = std::move(source);
  return r;
}

}  // namespace kpr::facts::read
