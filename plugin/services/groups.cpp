#include "services/groups.hpp"

namespace kpr::services {

Groups::Number Groups::number(const Subject& subject, Detail detail) {
  std::string key = std::to_string(static_cast<int>(subject.layer)) + ' ' +
                    std::to_string(static_cast<int>(detail.kind));
  for (const std::string_view part : {std::string_view(subject.ns),
                                      std::string_view(subject.name),
                                      std::string_view(subject.frontend),
                                      std::string_view(detail.backend),
                                      std::string_view(detail.wanted),
                                      std::string_view(detail.found)}) {
    key += '\n';
    key += part;
  }
  const auto [known, fresh] =
      numbers_.try_emplace(std::move(key), static_cast<Number>(all_.size()));
  if (fresh) {
    Difference d;
    d.layer = subject.layer;
    d.kind = detail.kind;
    d.ns = subject.ns;
    d.name = subject.name;
    d.frontend = subject.frontend;
    d.backend = std::move(detail.backend);
    d.wanted = std::move(detail.wanted);
    d.found = std::move(detail.found);
    all_.push_back(std::move(d));
  }
  return known->second;
}

std::vector<Groups::Number> Groups::numbers(const Subject& subject, std::vector<Detail> details) {
  std::vector<Number> out;
  for (Detail& detail : details)
    out.push_back(number(subject, std::move(detail)));
  return out;
}

void Groups::add(Number group, std::uint32_t agent) {
  auto& agents = all_[group].agents;
  if (agents.empty() || agents.back() != agent)
    agents.push_back(agent);
}

void Groups::add(const std::vector<Number>& groups, std::uint32_t agent) {
  for (const Number group : groups)
    add(group, agent);
}

std::string title_of(const facts::LbFrontend& f, const std::string& ip) {
  return (f.type.empty() ? "" : f.type + " ") + facts::at_port(ip, f.port) +
         (f.protocol.empty() ? "" : "/" + f.protocol) + (f.local_scope ? "/i" : "");
}

}  // namespace kpr::services
