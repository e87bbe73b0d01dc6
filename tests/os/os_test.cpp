#define BOOST_TEST_MODULE os
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "os/address.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
#include "os/output_stream.hpp"
#include "os/process.hpp"
#include "os/random.hpp"
#include "os/windows/command_line.hpp"

using namespace kpr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string all_of(os::Socket from) {
  std::string text;
  char buffer[100];
  for (;;) {
    os::PollFd wait{from, POLLIN, 0};
    os::poll(&wait, 1, 5000);
    const long n = os::read(from, buffer, sizeof buffer);
    if (n == 0)
      return text;
    BOOST_REQUIRE(n != os::k_broken);
    if (n > 0)
      text.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string content_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

int code_of(os::Child& child) {
  for (int i = 0; i < 500; ++i) {
    if (const std::optional<int> code = os::ended(child))
      return *code;
    std::this_thread::sleep_for(10ms);
  }
  return -1;
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("kpr-os-test-" + std::to_string(os::random_word()));
  Folder() { fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_child_gets_its_words_and_environment_and_nothing_else) {
  const os::Environment environment{{"PATH", "/nonexistent:/bin"}, {"GIVEN", "a b"}};
  const std::string shell = os::find_program("sh", environment);
  BOOST_TEST(shell == "/bin/sh");
  auto child = os::spawn(
      shell,
      {"sh", "-c", "echo \"$GIVEN|$HOME|$1\"; echo bad >&2; cat; exit 7", "sh", "it's \"quoted\\"},
      environment,
      {.capture_stderr = true});
  BOOST_REQUIRE(child);
  BOOST_TEST(all_of(child->out) == "a b||it's \"quoted\\\n");
  BOOST_TEST(all_of(child->err) == "bad\n");
  BOOST_TEST(code_of(*child) == 7);
  BOOST_TEST(!os::ended(*child));  // only once
  os::end(*child);
}

BOOST_AUTO_TEST_CASE(a_child_can_be_ended) {
  auto child = os::spawn("/bin/sleep", {"sleep", "100"}, {}, {});
  BOOST_REQUIRE(child);
  char byte;
  BOOST_TEST(os::read(child->out, &byte, 1) == os::k_nothing_yet);
  BOOST_TEST((child->err == os::k_no_socket));
  BOOST_TEST(!os::ended(*child));
  const auto pid = static_cast<pid_t>(child->process);
  os::end(*child);
  BOOST_TEST(::kill(pid, 0) == -1);
  BOOST_TEST(::waitpid(pid, nullptr, 0) == -1);
}

BOOST_AUTO_TEST_CASE(what_a_child_started_ends_with_it) {
  auto child =
      os::spawn("/bin/sh", {"sh", "-c", "sleep 100 & echo $!; wait"}, {{"PATH", "/bin"}}, {});
  BOOST_REQUIRE(child);
  os::PollFd wait{child->out, POLLIN, 0};
  os::poll(&wait, 1, 5000);
  char text[20] = "";
  BOOST_REQUIRE(os::read(child->out, text, sizeof text - 1) > 0);
  const pid_t grandchild = std::atoi(text);
  os::end(*child);
  const auto gone = [&] {  // it is init's to bury, which may take a while or be nobody's business
    std::string name, state;
    std::ifstream("/proc/" + std::to_string(grandchild) + "/stat") >> name >> name >> state;
    return state.empty() || state == "Z";
  };
  for (int i = 0; i < 500 && !gone(); ++i)
    std::this_thread::sleep_for(10ms);
  BOOST_TEST(gone());
}

BOOST_AUTO_TEST_CASE(a_child_gets_three_descriptors) {
  const int leaks = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as libcurl opens sockets
  auto child = os::spawn("/bin/sh", {"sh", "-c", "ls /proc/self/fd"}, {{"PATH", "/bin"}}, {});
  BOOST_REQUIRE(child);
  BOOST_TEST(all_of(child->out) == "0\n1\n2\n3\n");  // the last one is ls's own
  BOOST_TEST(code_of(*child) == 0);
  ::close(leaks);
}

BOOST_AUTO_TEST_CASE(the_one_line_that_windows_gives_a_child) {
  BOOST_TEST(os::command_line({"kubectl", "exec", "--", "a b"}) == "kubectl exec -- \"a b\"");
  BOOST_TEST(os::command_line({"C:\\a b\\tool.exe", "", "tab\t"}) ==
             "\"C:\\a b\\tool.exe\" \"\" \"tab\t\"");
  BOOST_TEST(os::command_line({R"(C:\dir\)", R"(say "hi")", R"(\")"}) ==
             R"(C:\dir\ "say \"hi\"" "\\\"")");
  BOOST_TEST(os::command_line({R"(a b\)"}) ==
             R"("a b\\")");  // else the backslash would swallow the closing quote
}

BOOST_AUTO_TEST_CASE(what_cannot_run_is_said) {
  const Folder folder;
  const std::string file = (folder.path / "tool").string();
  std::ofstream(file) << "text";
  const os::Environment environment{{"PATH", folder.path.string() + "::/"}};
  BOOST_TEST(os::find_program("tool", environment) == "");  // not executable
  BOOST_TEST(os::find_program("bin", environment) == "");   // a folder
  BOOST_TEST(os::find_program("tool", {}) == "");
  fs::permissions(file, fs::perms::owner_all);
  BOOST_TEST(os::find_program("tool", environment) == file);
  BOOST_TEST(os::find_program(file, {}) == file);
  const auto child = os::spawn(file + "-gone", {"tool"}, {}, {});
  BOOST_REQUIRE(!child);
  BOOST_TEST(child.error().message == "fork/exec " + file + "-gone: No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_part_file_becomes_the_file_or_vanishes) {
  const Folder folder;
  const std::string path = (folder.path / "archive.zip").string();
  { os::PartFile(path).write("dropped"); }
  BOOST_TEST(folder.files() == 0u);
  {
    os::PartFile part(path);
    part.write("first");
    BOOST_TEST(!fs::exists(path));
    BOOST_TEST(part.publish(false).value() == 0);
  }
  BOOST_TEST(content_of(path) == "first");
  BOOST_TEST((fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  {
    os::PartFile part(path);
    part.write("second");
    BOOST_TEST((part.publish(false) == std::errc::file_exists));
  }
  BOOST_TEST(content_of(path) == "first");
  {
    os::PartFile part(path);
    part.write("third");
    BOOST_TEST(part.publish(true).value() == 0);
  }
  BOOST_TEST(content_of(path) == "third");
  BOOST_TEST(folder.files() == 1u);
  os::PartFile nowhere((folder.path / "gone" / "file").string());
  BOOST_TEST((nowhere.error() == std::errc::no_such_file_or_directory));
  nowhere.write("more");
  BOOST_TEST((nowhere.publish(true) == std::errc::no_such_file_or_directory));
}

BOOST_AUTO_TEST_CASE(only_a_regular_file_is_replaced) {
  const Folder folder;
  const auto at = [&folder](const char* name) {
    return (folder.path / name).string();
  };
  const auto mode_of = [&at](const char* name) {
    return static_cast<int>(fs::status(at(name)).permissions());
  };
  const mode_t before = ::umask(0);
  BOOST_TEST(!os::write_file(at("new"), "one"));
  BOOST_TEST(mode_of("new") == 0600);
  BOOST_TEST(!os::write_file(at("shared"), "one", os::Access::everybody));
  BOOST_TEST(mode_of("shared") == 0644);
  ::umask(before);
  fs::permissions(at("new"), fs::perms{0640});
  fs::create_hard_link(at("new"), at("old"));
  BOOST_TEST(!os::write_file(at("new"), "two"));
  BOOST_TEST(content_of(at("new")) == "two");
  BOOST_TEST(content_of(at("old")) == "one");  // whoever has it open reads on
  BOOST_TEST(mode_of("new") == 0640);

  // What is there beside a file stays what it is.
  fs::create_symlink("old", at("link"));
  BOOST_TEST(!os::write_file(at("link"), "three"));
  BOOST_TEST(fs::is_symlink(at("link")));
  BOOST_TEST(content_of(at("old")) == "three");
  fs::create_symlink("/dev/null", at("null"));
  BOOST_TEST(!os::write_file(at("null"), "gone"));
  BOOST_TEST(fs::is_symlink(at("null")));
  BOOST_REQUIRE(::mkfifo(at("fifo").c_str(), 0600) == 0);
  const int reader = ::open(at("fifo").c_str(), O_RDONLY | O_NONBLOCK);
  BOOST_TEST(!os::write_file(at("fifo"), "four"));
  char got[10] = "";
  BOOST_TEST(::read(reader, got, sizeof got) == 4);
  ::close(reader);
  BOOST_TEST(fs::is_fifo(at("fifo")));
  BOOST_TEST((os::write_file(folder.path.string(), "five") == std::errc::is_a_directory));
  BOOST_TEST((os::write_file(at("full"), "") == std::error_code{}));
  BOOST_TEST((os::write_file("/dev/full", "six") == std::errc::no_space_on_device));

  // Somebody knew the name that the file is written under.
  for (const char* name : {"new.part", "new.tmp"}) {
    fs::create_symlink("old", at(name));
    BOOST_TEST(!os::write_file(at("new"), "seven"));
    BOOST_TEST(fs::is_symlink(at(name)));
  }
  BOOST_TEST(content_of(at("old")) == "three");
  BOOST_TEST(folder.files() == 9u);
}

BOOST_AUTO_TEST_CASE(a_stream_knows_why_it_failed) {
  const volatile int no_signal = 0;
  {
    os::Output output(STDOUT_FILENO, &no_signal);
    std::ostream(&output) << "";
    BOOST_TEST(!output.error());
  }
  const int full = ::open("/dev/full", O_WRONLY);
  os::Output output(full, &no_signal);
  std::ostream out(&output);
  out << "text";
  BOOST_TEST(!output.error());  // not written yet
  BOOST_TEST(!out.flush());
  BOOST_TEST((output.error() == std::errc::no_space_on_device));
  ::close(full);

  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const std::string much(100'000, 'x');
  std::string got;
  {
    os::Output pipe(ends[1], &no_signal);
    std::ostream to(&pipe);
    to << much.substr(0, 30'000) << 'y' << much.substr(0, 30'000) << std::flush
       << much.substr(0, 10);
    to.flush();
    got.resize(60'011);
    BOOST_TEST(::read(ends[0], got.data(), got.size()) == 60'011);
  }
  BOOST_TEST(got == much.substr(0, 30'000) + 'y' + much.substr(0, 30'010));
  ::close(ends[0]);
  std::signal(SIGPIPE, SIG_IGN);
  os::Output nobody(ends[1], &no_signal);
  std::ostream to(&nobody);
  to << much;
  BOOST_TEST((nobody.error() == std::errc::broken_pipe));
  std::signal(SIGPIPE, SIG_DFL);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(memory_goes_to_no_core_file) {
  os::forbid_core_dumps();
  rlimit limit{1, 1};
  BOOST_TEST(::getrlimit(RLIMIT_CORE, &limit) == 0);
  BOOST_TEST(limit.rlim_max == 0u);
#ifdef __linux__
  BOOST_TEST(::prctl(PR_GET_DUMPABLE) == 0);
  ::prctl(PR_SET_DUMPABLE, 1);
#endif
}

BOOST_AUTO_TEST_CASE(an_interrupt_stays_raised) {
  BOOST_TEST(!os::Interrupt{}.raised());
  BOOST_TEST(!os::Interrupt{}.wait(1ms));
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const os::Interrupt interrupt{ends[0]};
  BOOST_TEST(!interrupt.wait(1ms));
  BOOST_REQUIRE(::write(ends[1], "x", 1) == 1);
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(interrupt.wait(1h));
  BOOST_TEST(interrupt.raised());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 10min));
  os::close(ends[0]);
  os::close(ends[1]);
  BOOST_TEST(ends[0] == os::k_no_socket);
}

BOOST_AUTO_TEST_CASE(addresses) {
  BOOST_TEST((os::parse_address("10.0.0.1")->size == 4u));
  BOOST_TEST(os::format_address(*os::parse_address("10.0.0.1")) == "10.0.0.1");
  BOOST_TEST(os::format_address(*os::parse_address("FD00:0::1")) == "fd00::1");
  BOOST_TEST(os::format_address(*os::parse_address("::ffff:10.0.0.1")) == "::ffff:10.0.0.1");
  BOOST_TEST((os::parse_address("fd00::1") == os::parse_address("fd00:0:0::1")));
  for (const std::string_view wrong :
       {std::string_view(""),
        std::string_view("10.0.0"),
        std::string_view("10.0.0.256"),
        std::string_view("1::2::3"),
        std::string_view("10.0.0.1\0", 9),
        std::string_view("fd00::1%eth0"),
        std::string_view("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000")})
    BOOST_TEST(!os::parse_address(wrong).has_value(), "taken for an address: " << wrong);
}

BOOST_AUTO_TEST_CASE(home) {
  BOOST_TEST(os::home_folders({}).empty());
  BOOST_TEST(os::home_folders({{"HOME", ""}}).empty());
  BOOST_TEST((os::home_folders({{"HOME", "/home/a"}}) == std::vector<std::string>{"/home/a"}));
}
