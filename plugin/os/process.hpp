// This process: its streams, its terminal, the signals that end it.
#pragma once
#include <cstddef>

#include "os/socket.hpp"

namespace kpr::os {

// Bytes go through as they are, and a console shows them as UTF-8. Standard descriptors that were
// closed are taken, by something that refuses: else the next file opened would be standard output.
// Once, before anything is opened or printed.
void prepare_streams();

// The memory of this process, and of what it starts, goes to no file when it crashes: it may hold a
// token.
void forbid_core_dumps();

enum class Stream { in, out, err };
bool is_terminal(Stream stream);  // for out and err: one that understands escape sequences
std::size_t terminal_width();     // 80 when there is none

struct Signals {
  const volatile int* number;  // 0, then that of the first signal: 2 for SIGINT or Ctrl-C, 15 for
                               // SIGTERM or a closed console
  Interrupt interrupt;
};
// The first signal asks for an orderly end, a second one ends the process.
Signals catch_signals();

// Lets this process open as many descriptors as the system allows it.
void raise_descriptor_limit();

}  // namespace kpr::os
