// A file, a FIFO or standard input as bytes: one signal ends the reading of any of them.
#pragma once
#include <cstdint>
#include <string>
#include <system_error>

#include "os/socket.hpp"

namespace kpr::os {

class Input {
 public:
  explicit Input(Interrupt interrupt);  // standard input
  // A FIFO that nobody writes is waited for when it is read, not here.
  Input(const std::string& path, Interrupt interrupt);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The number of bytes, 0 at the end, -1 with an error(): `interrupted` once the interrupt is
  // raised.
  long read(char* to, std::size_t n);
  // As lseek: the new place, or -1.
  std::int64_t seek(std::int64_t offset, int whence);
  std::error_code error() const { return error_; }  // of opening it, too

 private:
  int fd_ = 0;
  bool ours_ = false;
  Interrupt interrupt_;
  std::error_code error_;
};

}  // namespace kpr::os
