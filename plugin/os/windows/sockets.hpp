// Only for this folder.
#pragma once
#include "os/socket.hpp"

namespace kpr::os {

// Two connected ends, since a pipe of Windows cannot be waited for beside sockets: what is sent to
// `write` can be read at `read`, which does not block. Both are k_no_socket when it fails.
struct SocketPair {
  Socket read = k_no_socket, write = k_no_socket;
};
SocketPair make_pair();

}  // namespace kpr::os
