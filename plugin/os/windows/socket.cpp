#include <winsock2.h>
#include <ws2tcpip.h>

#include "os/windows/sockets.hpp"

namespace kpr::os {
namespace {

void start_sockets() {
  static const int started = [] {
    WSADATA data;
    return WSAStartup(MAKEWORD(2, 2), &data);
  }();
  (void)started;
}

}  // namespace

int poll(PollFd* fds, std::size_t n, int milliseconds) {
  if (n == 0) {  // WSAPoll refuses to wait for nothing
    Sleep(milliseconds < 0 ? INFINITE : static_cast<DWORD>(milliseconds));
    return 0;
  }
  return WSAPoll(fds, static_cast<ULONG>(n), milliseconds);
}

long read(Socket from, char* to, std::size_t n) {
  const int got = recv(from, to, static_cast<int>(n), 0);
  if (got >= 0)
    return got;
  return WSAGetLastError() == WSAEWOULDBLOCK ? k_nothing_yet : k_broken;
}

void close(Socket& socket) {
  if (socket != k_no_socket)
    closesocket(socket);
  socket = k_no_socket;
}

std::error_condition socket_error(long number) {
  switch (number) {
  case WSAEACCES:
    return std::errc::permission_denied;
  case WSAEADDRNOTAVAIL:
    return std::errc::address_not_available;
  case WSAECONNABORTED:
    return std::errc::connection_aborted;
  case WSAECONNREFUSED:
    return std::errc::connection_refused;
  case WSAECONNRESET:
    return std::errc::connection_reset;
  case WSAEHOSTUNREACH:
    return std::errc::host_unreachable;
  case WSAENETUNREACH:
    return std::errc::network_unreachable;
  case WSAETIMEDOUT:
    return std::errc::timed_out;
  default:
    return {static_cast<int>(number), std::system_category()};
  }
}

SocketPair make_pair() {
  start_sockets();
  SocketPair pair;
  // None of them may reach a child: its copy would keep the connection open.
  const auto open = [] {
    return WSASocketW(AF_INET,
                      SOCK_STREAM,
                      IPPROTO_TCP,
                      nullptr,
                      0,
                      WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  };
  Socket listener = open();
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int size = sizeof here;
  const auto address = reinterpret_cast<sockaddr*>(&here);
  if (bind(listener, address, size) == 0 && getsockname(listener, address, &size) == 0 &&
      listen(listener, 1) == 0) {
    pair.write = open();
    if (connect(pair.write, address, size) == 0) {
      sockaddr_in mine{}, theirs{};
      int mine_size = sizeof mine, theirs_size = sizeof theirs;
      pair.read = accept(listener, reinterpret_cast<sockaddr*>(&theirs), &theirs_size);
      getsockname(pair.write, reinterpret_cast<sockaddr*>(&mine), &mine_size);
      if (pair.read != k_no_socket && theirs.sin_port != mine.sin_port)
        close(pair.read);  // somebody else was faster
    }
  }
  close(listener);
  u_long on = 1;
  if (pair.read == k_no_socket || ioctlsocket(pair.read, static_cast<long>(FIONBIO), &on) != 0) {
    close(pair.read);
    close(pair.write);
  }
  return pair;
}

}  // namespace kpr::os
