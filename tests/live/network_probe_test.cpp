// The command of --probe-network in a real shell: it connects, and says what happened when it
// cannot.
#define BOOST_TEST_MODULE network_probe
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "../os/temporary_directory.hpp"
#include "evidence/commands.hpp"
#include "live/probe.hpp"

using namespace kpr::evidence;
using namespace kpr::live;

namespace {

// A socket on loopback, listening or not.
struct Port {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  int number = 0;
  explicit Port(bool listening) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    if (listening)
      BOOST_REQUIRE(::listen(fd, 4) == 0);
    socklen_t size = sizeof address;
    BOOST_REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    number = ntohs(address.sin_port);
  }
  ~Port() { ::close(fd); }
};

Piece<Output> ask(const std::vector<std::string>& environment) {
  TemporaryDirectory directory;
  const Probe probe = make_probe({std::string(k_network_probe)});
  const std::string out = directory / "out", err = directory / "err";
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(::open(out.c_str(), O_CREAT | O_WRONLY, 0600), 1);
    ::dup2(::open(err.c_str(), O_CREAT | O_WRONLY, 0600), 2);
    std::vector<std::string> argv = probe_argv(probe);
    std::vector<char*> arguments, variables;
    for (std::string& a : argv)
      arguments.push_back(a.data());
    std::vector<std::string> env = environment;
    env.emplace_back("PATH=/usr/bin:/bin");
    for (std::string& e : env)
      variables.push_back(e.data());
    arguments.push_back(nullptr);
    variables.push_back(nullptr);
    ::execve("/bin/sh", arguments.data(), variables.data());
    ::_exit(1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  const auto slurp = [](const std::string& path) {
    std::ifstream in(path);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  ProbeAnswer answer = decode_probe(probe, slurp(out), slurp(err), "exec -- {}");
  BOOST_REQUIRE_MESSAGE(answer.whole, answer.broken);
  return answer.outputs.at(std::string(k_network_probe));
}

std::vector<std::string> kubelet_says(int port) {
  return {"KUBERNETES_SERVICE_HOST=192.0.2.1",
          "KUBERNETES_PORT_443_TCP_ADDR=127.0.0.1",
          "KUBERNETES_PORT_443_TCP_PORT=" + std::to_string(port)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_connection_is_opened_and_closed) {
  const Port port(true);
  const auto answer = ask(kubelet_says(port.number));
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->exit_code == 0);
  BOOST_TEST(answer->out == "127.0.0.1:" + std::to_string(port.number) + "\n");
  const int peer = ::accept(port.fd, nullptr, nullptr);
  BOOST_REQUIRE(peer >= 0);
  char byte = 0;
  BOOST_TEST(::read(peer, &byte, 1) == 0);  // nothing was said
  ::close(peer);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told) {
  const Port port(false);
  const auto answer = ask(kubelet_says(port.number));
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->exit_code != 0);
  BOOST_TEST(answer->out == "127.0.0.1:" + std::to_string(port.number) + "\n");
  BOOST_TEST(answer->err.find("Connection refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_the_kubelets_variables_there_is_no_target) {
  const auto answer = ask({});
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->exit_code != 0);
  BOOST_TEST(answer->out == ":\n");
}
