// Descriptors of files that no child inherits, -1 with errno. Only for this folder.
#pragma once
#include <string>

#include "os/files.hpp"

namespace kpr::os {

// Does not block, be it a FIFO that nobody writes.
int open_to_read(const std::string& path);
// Returns when something can be read there, or the end, or the interrupt is raised.
void wait_to_read(int fd, const Interrupt& interrupt);
// A new file, EEXIST where something of the name is there already.
int create(const std::string& path, Access access);
// As a shell's `> path`: what is there is written, be it a device, a FIFO or what a link leads to.
// But it does not block: ENXIO where nobody reads.
int open_to_write(const std::string& path);
// The file gets the rights of the one at `path`, if that is ours too.
void take_rights(int file, const std::string& path);

}  // namespace kpr::os
