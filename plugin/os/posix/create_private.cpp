#include "os/create_private.hpp"

#include <fcntl.h>

namespace kpr::os {

int create_private(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

}  // namespace kpr::os
