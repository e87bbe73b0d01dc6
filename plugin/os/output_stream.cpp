#include "os/output_stream.hpp"

#include <unistd.h>

#include <cerrno>

namespace kpr::os {

Output::Output(int fd, const volatile int* signal) : fd_(fd), signal_(signal) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

Output::int_type Output::overflow(int_type next) {
  if (!write_out())
    return traits_type::eof();
  return traits_type::eq_int_type(next, traits_type::eof())
             ? traits_type::not_eof(next)
             : sputc(traits_type::to_char_type(next));
}

int Output::sync() {
  return write_out() ? 0 : -1;
}

bool Output::write_out() {
  const int signal_before = *signal_;
  for (const char* at = pbase(); at < pptr() && !error_;) {
    const auto wrote = ::write(fd_, at, static_cast<unsigned>(pptr() - at));
    if (wrote > 0)
      at += wrote;
    if (*signal_ != signal_before)
      error_ = std::make_error_code(std::errc::interrupted);
    else if (wrote < 0 && errno != EINTR)
      error_ = {errno, std::generic_category()};
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return !error_;
}

}  // namespace kpr::os
