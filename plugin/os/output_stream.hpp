// A descriptor as a stream that remembers why a write failed: std::cout only knows that one did.
#pragma once
#include <array>
#include <streambuf>
#include <system_error>

namespace kpr::os {

class Output final : public std::streambuf {
 public:
  // `signal`: of os::Signals; the first one ends a write that waits for a slow reader.
  Output(int fd, const volatile int* signal);
  std::error_code error() const { return error_; }  // of the first write that failed

 protected:
  int_type overflow(int_type next) override;
  int sync() override;

 private:
  bool write_out();
  int fd_;
  const volatile int* signal_;
  std::error_code error_;
  std::array<char, 64 << 10> buffer_;
};

}  // namespace kpr::os
