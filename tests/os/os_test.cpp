#define BOOST_TEST_MODULE os
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "os/address.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
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
  BOOST_TEST(os::reap(*child, false) == 7);
  BOOST_TEST(os::reap(*child, false) == -1);  // only once
}

BOOST_AUTO_TEST_CASE(a_child_can_be_ended) {
  auto child = os::spawn("/bin/sleep", {"sleep", "100"}, {}, {});
  BOOST_REQUIRE(child);
  char byte;
  BOOST_TEST(os::read(child->out, &byte, 1) == os::k_nothing_yet);
  BOOST_TEST((child->err == os::k_no_socket));
  BOOST_TEST(os::reap(*child, true) == 128 + SIGKILL);
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
