// `cilium service list` and `cilium bpf lb list` through libkprparse, and the former's JSON.
#include <algorithm>
#include <tuple>

#include "facts/frontends.hpp"
#include "facts/read.hpp"
#include "kpr/parse.hpp"

namespace kpr::facts {
using namespace read;
namespace {

// Where protocols are not told apart (up to 1.16, or bpf-lb-proto-diff=false) there is none.
std::string protocol_of(std::string protocol) {
  for (char& c : protocol)
    c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return protocol == "ANY" || protocol == "NONE" ? std::string() : protocol;
}

LbFrontend frontend(const Json& service) {
  LbFrontend f;
  const Json& front = at(service, "frontend-address");
  f.ip = text(front, "ip");
  f.port = static_cast<int>(number(front, "port"));
  f.protocol = protocol_of(text(front, "protocol"));
  f.local_scope = text(front, "scope") == "internal";
  const Json& flags = at(service, "flags");
  f.type = text(flags, "type");
  f.ns = text(flags, "namespace");
  f.name = text(flags, "name");
  f.ext_policy = text(flags, "extTrafficPolicy");
  f.int_policy = text(flags, "intTrafficPolicy");
  f.remote = !text(flags, "cluster").empty();
  if (const Json& backends = at(service, "backend-addresses"); backends.is_array())
    for (const auto& b : backends)
      f.backends.push_back({text(b, "ip"),
                            static_cast<int>(number(b, "port")),
                            text(b, "state"),
                            static_cast<int>(number(b, "weight", -1))});
  return f;
}

}  // namespace

std::vector<LbFrontend> parse_service_list(std::string_view text) {
  std::vector<LbFrontend> out;
  const ServiceListDocument document = kpr::parse_service_list(std::string(text));
  for (const auto& s : document.services) {
    LbFrontend f;
    f.ip = s.frontend.ip;
    f.port = static_cast<int>(s.frontend.port);
    f.protocol = protocol_of(std::string(s.frontend.protocol));
    f.type = s.type;
    f.local_scope = s.frontend.internal_scope;
    f.remote = s.remote;
    for (const auto& b : s.backends)
      f.backends.push_back(
          {std::string(b.address.ip), static_cast<int>(b.address.port), std::string(b.state)});
    out.push_back(std::move(f));
  }
  return out;
}

std::vector<LbFrontend> parse_bpf_lb_list(std::string_view text) {
  std::vector<LbFrontend> out;
  const BpfLbListDocument document = kpr::parse_bpf_lb_list(std::string(text));
  for (const auto& k : document.frontends) {
    LbFrontend f;
    f.ip = k.address.ip;
    f.port = static_cast<int>(k.address.port);
    f.protocol = protocol_of(std::string(k.address.protocol));
    f.local_scope = k.address.internal_scope;
    f.type = k.type;
    f.master = k.has_master;
    f.flags = k.type;
    for (const std::string_view flag : k.flags)
      f.flags += ", " + std::string(flag);
    for (const auto& b : k.backends)
      f.backends.push_back({std::string(b.address.ip),
                            static_cast<int>(b.address.port),
                            b.missing_id ? "not found" : ""});
    std::sort(f.backends.begin(), f.backends.end(), [](const auto& a, const auto& b) {
      return std::tie(a.ip, a.port, a.state) < std::tie(b.ip, b.port, b.state);
    });
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
    const Json& service = realized.is_object() ? realized : at(entry, "spec");
    if (service.is_object())
      out.push_back(frontend(service));
  }
  return out;
}

}  // namespace kpr::facts
