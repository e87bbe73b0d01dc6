#include "net/ca.hpp"

#include <fstream>

namespace kpr::net {

std::string system_ca_file(const os::Environment& environment) {
  if (const auto it = environment.find("SSL_CERT_FILE");
      it != environment.end() && !it->second.empty())
    return it->second;
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Arch, Gentoo
                           "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, RHEL 6
                           "/etc/ssl/ca-bundle.pem",              // openSUSE
                           "/etc/pki/tls/cacert.pem",             // OpenELEC
                           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 7 and later
                           "/etc/ssl/cert.pem"})  // Alpine, macOS, BSDs
    if (std::ifstream(path).is_open())
      return path;
  return {};
}

}  // namespace kpr::net
