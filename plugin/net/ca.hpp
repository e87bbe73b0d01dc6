// Where this machine keeps the certificates of public authorities. A static binary cannot rely on
// paths compiled into its TLS library.
#pragma once
#include <string>

#include "os/environment.hpp"

namespace kpr::net {

// $SSL_CERT_FILE, else the first bundle that exists among the paths that Go's crypto/x509 tries. ""
// when there is none.
std::string system_ca_file(const os::Environment& environment);

}  // namespace kpr::net
