#include "evidence/helm_release.hpp"

#include "util/encoding.hpp"
#include "util/gzip.hpp"
#include "util/json.hpp"

namespace kpr::evidence {
namespace {

const Keep k_kept = {{
    {"name", {}},
    {"namespace", {}},
    {"version", {}},
    {"apply_method", {}},
    {"config", {}},
    {"info",
     {{{"status", {}},
       {"first_deployed", {}},
       {"last_deployed", {}},
       {"deleted", {}},
       {"description", {}}}}},
    {"chart", {{{"metadata", {{{"name", {}}, {"version", {}}, {"appVersion", {}}}}}}}},
}};

Error wrong(std::string what) {
  return {ErrorKind::input, std::move(what), ""};
}

}  // namespace

Result<nlohmann::json> decode_helm_release(std::string_view data) {
  if (data.empty())
    return wrong("was not read");
  if (data.size() > limits::helm_encoded)
    return wrong("is larger than 8 MiB");
  const auto packed = base64_decode(data);
  auto plain = packed ? base64_decode(*packed) : std::nullopt;
  if (!plain || plain->empty())
    return wrong("is not base64");
  if (is_gzip(*plain)) {
    plain = gunzip(*plain, limits::helm_decoded);
    if (!plain)
      return wrong("cannot be unpacked, or is larger than 64 MiB");
  }
  Result<nlohmann::json> release = read_json(*plain, {}, &k_kept);
  if (!release || !release->is_object())
    return wrong("is " + (release ? "not JSON" : release.error().message));
  return release;
}

std::string encode_helm_release(const nlohmann::json& release) {
  const auto packed = gzip(json_text(release));
  return packed ? base64_encode(base64_encode(*packed)) : std::string();
}

}  // namespace kpr::evidence
