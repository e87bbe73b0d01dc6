// Where this machine keeps the certificates of public authorities. A static binary cannot rely on paths compiled into its TLS library.
#pragma once
#include <map>
#include <string>

namespace kpr::net {

// $SSL_CERT_FILE, else the first bundle that exists among the paths that Go's crypto/x509 tries. "" when there is none.
std::string system_ca_file(const std::map<std::string, std::string>& environment);

}  // namespace kpr::net
