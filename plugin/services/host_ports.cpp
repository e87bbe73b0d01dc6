// Host ports of pods: pkg/loadbalancer/reflectors/k8s.go upsertHostPort (1.18+),
// pkg/k8s/watchers/pod.go genServiceMappings up to 1.17.
#include "facts/fleet.hpp"
#include "services/expected.hpp"

namespace kpr::services {
namespace {

bool is_six(const std::string& ip) {
  return ip.find(':') != std::string::npos;
}

bool is_loopback(const std::string& ip) {
  return ip == "::1" || facts::cidr_contains("127.0.0.0/8", ip);
}

// Where it listens: everywhere without a hostIP; a loopback address becomes the wildcard, which is
// then served to the node itself only. An unspecified hostIP that was given serves nowhere (sic).
std::vector<std::string> addresses(const facts::ContainerPort& port, bool four, bool six) {
  const std::string& ip = port.host_ip;
  if (ip == "0.0.0.0" || ip == "::")
    return {};
  if (is_loopback(ip))
    return {is_six(ip) ? "::" : "0.0.0.0"};
  if (!ip.empty())
    return {ip};
  std::vector<std::string> all;
  if (four)
    all.emplace_back("0.0.0.0");
  if (six)
    all.emplace_back("::");
  return all;
}

// One port of one container.
class HostPort {
 public:
  HostPort(const facts::Pod& pod, const facts::ContainerPort& port, const Settings& settings)
      : pod_(pod),
        port_(port),
        s_(settings) {}

  void add(bool optional, Table& table) const {
    const std::size_t first = table.backends.size();
    bool four = false, six = false;
    for (const auto& ip : pod_.pod_ips) {
      if (!(is_six(ip) ? s_.ipv6 : s_.ipv4))
        continue;
      (is_six(ip) ? six : four) = true;
      Backend b;
      b.ip = ip;
      b.port = port_.container_port;
      b.protocol = protocol();
      b.unnamed = true;
      b.node = pod_.node;
      table.backends.push_back(std::move(b));
    }
    for (const auto& ip : addresses(port_, four, six))
      table.frontends.push_back(frontend(ip, optional, first, table));
  }

 private:
  std::string protocol() const { return port_.protocol.empty() ? "TCP" : port_.protocol; }

  Frontend
  frontend(const std::string& ip, bool optional, std::size_t first, const Table& table) const {
    Frontend f;
    f.ns = pod_.ns;
    f.name = pod_.name + ":host-port:" + std::to_string(port_.host_port) + ":" + pod_.uid;
    f.pod = &pod_;
    f.type = Type::host_port;
    f.ip = ip;
    f.port = f.service_port = port_.host_port;
    f.protocol = s_.protocols ? protocol() : std::string();
    f.loopback = is_loopback(port_.host_ip);
    // The node itself alone is served where the kernel has netns cookies.
    f.optional = optional || f.loopback || (!port_.host_ip.empty() && !s_.since(1, 18));
    for (std::size_t i = first; i < table.backends.size(); ++i)
      if (is_six(table.backends[i].ip) == is_six(ip))
        f.backends.push_back({static_cast<std::uint32_t>(i), false});
    return f;
  }

  const facts::Pod& pod_;
  const facts::ContainerPort& port_;
  const Settings& s_;
};

}  // namespace

void add_host_ports(const facts::Pod& pod, const Settings& settings, Table& table) {
  const bool off = settings.host_port == Answer::no && settings.since(1, 20);
  if (pod.phase != "Running" || pod.host_network || off)
    return;
  const auto add = [&](const std::vector<facts::Container>& containers, bool init) {
    for (const auto& container : containers)
      for (const auto& port : container.ports) {
        const bool node_ports =
            port.host_port >= settings.port_min && port.host_port <= settings.port_max;
        if (port.host_port <= 0 || node_ports)
          continue;
        HostPort(pod, port, settings)
            .add(settings.host_port != Answer::yes || pod.deleted ||
                     (init && !settings.since(1, 18)),
                 table);
      }
  };
  add(pod.init_containers, true);
  add(pod.containers, false);
}

}  // namespace kpr::services
