// `cilium service list` through libkprparse, and its JSON.
#include "facts/frontends.hpp"
#include "facts/read.hpp"
#include "kpr/parse.hpp"

namespace kpr::facts {
using namespace read;

std::vector<LbFrontend> parse_service_list(std::string_view text) {
  std::vector<LbFrontend> out;
  const ServiceListDocument document = kpr::parse_service_list(std::string(text));
  for (const auto& s : document.services) {
    LbFrontend f;
    f.ip = s.frontend.ip;
    f.port = static_cast<int>(s.frontend.port);
    f.protocol = s.frontend.protocol;
    if (f.protocol == "ANY" || f.protocol == "NONE")
      f.protocol.clear();
    f.type = s.type;
    f.local_scope = s.frontend.internal_scope;
    for (const auto& b : s.backends)
      f.backends.push_back(
          {std::string(b.address.ip), static_cast<int>(b.address.port), std::string(b.state)});
    out.push_back(std::move(f));
  }
  return out;
}

std::vector<LbFrontend> services_from_json(const Json& list) {
  std::vector<LbFrontend> out;
  if (!list.is_array())
    return out;
  for (const auto& entry : list) {
    const Json& realized = at(at(entry, "status"), "realized");
    const Json& s = realized.is_object() ? realized : at(entry, "spec");
    if (!s.is_object())
      continue;
    LbFrontend f;
    const Json& front = at(s, "frontend-address");
    f.ip = text(front, "ip");
    f.port = static_cast<int>(number(front, "port"));
    f.protocol = text(front, "protocol");
    for (char& c : f.protocol)
      c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    if (f.protocol == "ANY" || f.protocol == "NONE")
      f.protocol.clear();
    f.local_scope = text(front, "scope") == "internal";
    f.type = text(at(s, "flags"), "type");
    if (const Json& backends = at(s, "backend-addresses"); backends.is_array())
      for (const auto& b : backends)
        f.backends.push_back(
            {text(b, "ip"), static_cast<int>(number(b, "port")), text(b, "state")});
    out.push_back(std::move(f));
  }
  return out;
}

}  // namespace kpr::facts
