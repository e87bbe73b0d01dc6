// Only for this folder.
#pragma once
#include <string>

namespace kpr::os {

// A new file that its owner alone may read or write: a descriptor that no child inherits. -1 with
// errno, EEXIST where a file is there already.
int create_private(const std::string& path);

}  // namespace kpr::os
