// Prints the kube-proxy replacement of one saved `cilium status`: ./device FILE
#include <fstream>
#include <iostream>
#include <iterator>

#include <kpr/kpr.hpp>

int main(int argc, char** argv) {
  std::ifstream in(argc > 1 ? argv[1] : "status.txt", std::ios::binary);
  const kpr::StatusDocument document = kpr::parse_status({std::istreambuf_iterator<char>(in), {}});
  for (const kpr::Diagnostic& d : document.diagnostics)
    std::cerr << d.message << '\n';
  if (!document.status.kube_proxy_replacement)
    return 1;
  const kpr::KubeProxyReplacement& replacement = *document.status.kube_proxy_replacement;
  std::cout << "mode " << replacement.mode.text << " (line " << replacement.line << ")\n";
  for (const kpr::Device& device : replacement.devices) {
    std::cout << device.name << (device.direct_routing ? " direct-routing" : "");
    for (const auto ip : device.ips)
      std::cout << ' ' << ip;
    std::cout << '\n';
  }
}
