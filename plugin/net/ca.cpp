#include "net/ca.hpp"

#include <unistd.h>

namespace kpr::net {

std::string system_ca_file(const std::map<std::string, std::string>& environment) {
  if (const auto it = environment.find("SSL_CERT_FILE"); it != environment.end() && !it->second.empty()) return it->second;
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
                           "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL 6
                           "/etc/ssl/ca-bundle.pem",                             // openSUSE
                           "/etc/pki/tls/cacert.pem",                            // OpenELEC
                           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 7 and later
                           "/etc/ssl/cert.pem"})                                 // Alpine, macOS, BSDs
    if (::access(path, R_OK) == 0) return path;
  return {};
}

}  // namespace kpr::net
