// The probe: its script under the machine's own sh, and the reader of its frames, which calls
// nothing whole that is not.
#define BOOST_TEST_MODULE probe
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <sstream>

#include "../os/temporary_directory.hpp"
#include "evidence/commands.hpp"
#include "live/probe.hpp"

using namespace kpr::evidence;
using namespace kpr::live;

namespace {

const Probe k_probe{"kprb", {"status-verbose", "version", "uname"}};
const std::string k_whole =
    "\nkprb B cilium-dbg\n"
    "\nkprb O status-verbose\nKVStore: Ok\n\nno mark\n\nkprb X status-verbose 0\n"
    "\nkprb O version\nno newline at the end\nkprb X version 1\n"
    "\nkprb O uname\n\nkprb X uname 127\n"
    "\nkprb E\n"
    "of one whose mark is cut "
    "off\n\nkprb:status-verbose\nwarning\n\nkprb:version\n\nkprb:uname\nsh: uname: not found\nkprb "
    "END\n";

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// Runs a probe as a container would: with the programs of `folder`/bin first.
struct Shell : TemporaryDirectory {
  std::string out, err;
  int code = 0;
  void program(const std::string& name, const std::string& body) const {
    std::filesystem::permissions(write("bin/" + name, "#!/bin/sh\n" + body),
                                 std::filesystem::perms::owner_all);
  }
  ProbeAnswer run(const Probe& probe,
                  const std::string& others = "/usr/bin:/bin",
                  const std::string& shell = "/bin/sh") {
    const std::string script = write("script", probe_script(probe));
    code = std::system(("PATH=" + *this / "bin" + ":" + others + " " + shell + " " + script + " >" +
                        *this / "out" + " 2>" + *this / "err")
                           .c_str());
    out = contents(*this / "out");
    err = contents(*this / "err");
    return decode_probe(probe, out, err, "pod: {}");
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_whole_answer) {
  const ProbeAnswer a = decode_probe(k_probe, k_whole, "sh: cannot fork", "kubectl exec -- {}");
  BOOST_TEST(a.whole);
  BOOST_TEST(a.broken == "");
  BOOST_TEST(a.binary == "cilium-dbg");
  BOOST_REQUIRE(a.outputs.at("status-verbose"));
  BOOST_TEST(a.outputs.at("status-verbose")->out == "KVStore: Ok\n\nno mark\n");
  BOOST_TEST(a.outputs.at("status-verbose")->err == "warning\n");
  BOOST_TEST(a.outputs.at("status-verbose")->source ==
             "kubectl exec -- cilium-dbg status --verbose");
  BOOST_REQUIRE(a.outputs.at("version"));
  BOOST_TEST(a.outputs.at("version")->out == "no newline at the end");
  BOOST_TEST(a.outputs.at("version")->exit_code == 1);
  BOOST_REQUIRE(!a.outputs.at("uname"));
  BOOST_TEST((a.outputs.at("uname").missing().reason == Reason::no_such_file));
  BOOST_TEST(a.outputs.at("uname").missing().detail ==
             "the image has no such command: sh: uname: not found");
}

BOOST_AUTO_TEST_CASE(no_part_of_an_answer_is_whole) {
  for (std::size_t n = 0; n < k_whole.size(); ++n) {
    const ProbeAnswer a = decode_probe(k_probe, k_whole.substr(0, n), "", "");
    BOOST_TEST(!a.whole, "the first " << n << " bytes");
    for (const auto& name : k_probe.commands)
      BOOST_TEST((!a.outputs.at(name) && a.outputs.at(name).missing().reason == Reason::incomplete),
                 "the first " << n << " bytes");
  }
  BOOST_TEST(decode_probe(k_probe, "", "", "").broken == "the answer has no probe frames");
  BOOST_TEST(decode_probe(k_probe, k_whole.substr(0, 100), "", "").broken ==
             "the answer was cut: version is missing or not whole");
  BOOST_TEST(decode_probe(k_probe, k_whole.substr(0, k_whole.size() - 1), "", "").broken ==
             "the answer was cut before its end frame");
}

BOOST_AUTO_TEST_CASE(no_hole_in_an_answer_is_overlooked) {
  // Any 1 to 40 bytes lost: only inside an output can that pass, so all marks must still be there.
  const auto marks = [](const std::string& text) {
    int n = 0;
    for (auto at = text.find("\nkprb "); at != std::string::npos; at = text.find("\nkprb ", at + 1))
      ++n;
    return n;
  };
  int passed = 0;
  for (std::size_t at = 0; at < k_whole.size(); ++at)
    for (std::size_t n = 1; n <= 40 && at + n <= k_whole.size(); ++n) {
      std::string cut = k_whole;
      cut.erase(at, n);
      if (!decode_probe(k_probe, cut, "", "").whole)
        continue;
      ++passed;
      BOOST_TEST(marks(cut) == marks(k_whole), "without " << n << " bytes at " << at);
    }
  BOOST_TEST(passed > 0);
}

BOOST_AUTO_TEST_CASE(frames_in_disorder) {
  const auto broken = [](std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    BOOST_REQUIRE(at != std::string::npos);
    return decode_probe(k_probe, text.replace(at, from.size(), to), "", "").broken;
  };
  BOOST_TEST(broken(k_whole, "B cilium-dbg", "B bash") == "the answer has no probe frames");
  BOOST_TEST(broken(k_whole, "\nkprb B", "motd\nkprb B") == "the answer has no probe frames");
  BOOST_TEST(broken(k_whole, "kprb", "kprc") == "the answer has no probe frames");
  BOOST_TEST(broken(k_whole, "O version", "O uname") ==
             "the answer was cut: version is missing or not whole");
  BOOST_TEST(broken(k_whole, "X version 1", "X version x") ==
             "the answer was cut: version is missing or not whole");
  BOOST_TEST(broken(k_whole, "X version 1", "X version 256") ==
             "the answer was cut: version is missing or not whole");
  BOOST_TEST(broken(k_whole, "X version 1", "X version ") ==
             "the answer was cut: version is missing or not whole");
  BOOST_TEST(broken(k_whole, "X version 1", "X version 1 2") ==
             "the answer was cut: version is missing or not whole");
  BOOST_TEST(broken(k_whole, "END", "ENDE") == "the answer was cut before its end frame");
  BOOST_TEST(broken(k_whole, "\nkprb E\n", "\n") == "the answer was cut before its end frame");
  BOOST_TEST(broken(k_whole, "\nkprb E\n", "x\nkprb E\n") ==
             "the answer was cut before its end frame");
}

BOOST_AUTO_TEST_CASE(what_exit_codes_mean) {
  const auto judge = [](const char* name, std::string out, std::string err, int code) {
    const auto p = judge_output(name, {std::move(out), std::move(err), code, ""});
    return p ? "an output" : std::string(to_string(p.missing().reason)) + ": " + p.missing().detail;
  };
  BOOST_TEST(judge("status-verbose", "x", "", 1) == "an output");
  BOOST_TEST(judge("status-verbose", "", "cannot reach the agent\n", 1) == "an output");
  BOOST_TEST(judge("status-verbose", "", "", 1) ==
             "failed: status-verbose exited with 1 and said nothing");
  BOOST_TEST(judge("status-verbose", "x", "", 124) ==
             std::string(to_string(Reason::timed_out)) + ": status-verbose did not end within " +
                 std::to_string(find_command("status-verbose")->seconds) + " s");
  BOOST_TEST(judge("version", "", "a\nlast\x1b\n", 3) == "failed: version exited with 3: last^[");
  BOOST_TEST(judge("lrp-list", "", "Error: unknown command \"lrp\" for \"cilium\"", 1) ==
             std::string(to_string(Reason::version_too_old)) +
                 ": lrp-list needs Cilium 1.10: Error: unknown command \"lrp\" for \"cilium\"");
  BOOST_TEST(judge("uname", std::string((64u << 10) + 1, 'x'), "", 0) ==
             std::string(to_string(Reason::too_large)) +
                 ": the output of uname is larger than 64 KiB");
}

BOOST_AUTO_TEST_CASE(the_script_in_shells_that_images_have) {
  for (const char* shell : {"/bin/sh", "bash", "busybox sh", "mksh"})
    for (const bool cuts : {false, true}) {
      BOOST_TEST_CONTEXT(shell << (cuts ? ", cutting" : "")) {
        Shell s;
        s.program(
            "cilium-dbg",
            "test \"$1\" = status && printf 'KVStore: Ok\\nlast' && echo warning >&2 && exit "
            "3\ntest \"$1\" = bpf && printf 'HEADER\\na\\n' && exit\nread line || echo no stdin\n");
        Probe probe = make_probe(
            {"status-verbose", "version", "bpf-lb-count", "lrp-list", "no-such-command"});
        probe.cuts = cuts;
        const ProbeAnswer a = s.run(probe, "/usr/bin:/bin", shell);
        BOOST_TEST(s.code == 0);
        BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out + s.err);
        BOOST_TEST(s.err == "");
        BOOST_TEST(a.binary == "cilium-dbg");
        BOOST_TEST(a.outputs.size() == 4u);
        BOOST_REQUIRE(a.outputs.at("status-verbose"));
        BOOST_TEST(a.outputs.at("status-verbose")->out == "KVStore: Ok\nlast");
        BOOST_TEST(a.outputs.at("status-verbose")->err == "warning\n");
        BOOST_TEST(a.outputs.at("status-verbose")->exit_code == 3);
        BOOST_TEST(a.outputs.at("version")->out == "no stdin\n");
        BOOST_TEST(a.outputs.at("bpf-lb-count")->out == "HEADER\n2\n");
      }
    }
}

BOOST_AUTO_TEST_CASE(the_older_name_of_the_program) {
  Shell s;
  s.program("cilium", "echo \"$@\"\n");
  const ProbeAnswer a = s.run(make_probe({"status-verbose"}));
  BOOST_REQUIRE(a.whole);
  BOOST_TEST(a.binary == "cilium");
  BOOST_TEST(a.outputs.at("status-verbose")->out == "status --verbose\n");
  BOOST_TEST(a.outputs.at("status-verbose")->source == "pod: cilium status --verbose");
}

BOOST_AUTO_TEST_CASE(too_much_output_in_a_shell) {
  Shell s;
  s.program("cilium-dbg", "test \"$1\" = version && exec head -c 100000000 /dev/zero\necho fine\n");
  Probe probe = make_probe({"version", "status-verbose"});
  BOOST_TEST(s.run(probe).broken ==
             "the answer was cut: its compressed form is not whole");  // asked again, it costs its
                                                                       // own answer only
  probe.cuts = true;
  const ProbeAnswer a = s.run(probe);
  BOOST_REQUIRE(a.whole);
  BOOST_REQUIRE(!a.outputs.at("version"));
  BOOST_TEST(a.outputs.at("version").missing().detail ==
             "the output of version is larger than 64 KiB");
  BOOST_TEST(a.outputs.at("status-verbose")->out == "fine\n");
  BOOST_TEST(s.out.size() < 70000u);
}

BOOST_AUTO_TEST_CASE(an_output_cut_anywhere_at_its_closing_mark) {
  const Probe probe{"kprb", {"uname", "version"}};
  const std::size_t most = find_command("uname")->max_bytes;
  const std::string mark = "\nkprb X uname 0\n";
  for (std::size_t n = 0; n < mark.size(); ++n) {
    const auto answer = [&](std::size_t bytes) {
      return decode_probe(probe,
                          "\nkprb B cilium-dbg\n\nkprb O uname\n" + std::string(bytes, 'x') +
                              mark.substr(0, n) +
                              "\nkprb O version\nfine\nkprb X version 0\n\nkprb E\n\nkprb END\n",
                          "",
                          "");
    };
    const ProbeAnswer large = answer(most + 1);
    BOOST_REQUIRE_MESSAGE(large.whole, n << " bytes of the mark: " << large.broken);
    BOOST_TEST(large.outputs.at("uname").missing().detail ==
               "the output of uname is larger than 64 KiB");
    BOOST_TEST(large.outputs.at("version")->out == "fine");
    BOOST_TEST(!answer(most - mark.size()).whole, "a small output has no reason to lose its mark");
  }
}

BOOST_AUTO_TEST_CASE(some_more_than_a_command_may_say_costs_its_own_answer) {
  Shell s;
  s.program("cilium-dbg", "test \"$1\" = version && exec head -c 100000 /dev/zero\necho fine\n");
  const ProbeAnswer a = s.run(make_probe({"version", "status-verbose"}));
  BOOST_REQUIRE(a.whole);
  BOOST_TEST(a.outputs.at("version").missing().detail ==
             "the output of version is larger than 64 KiB");
  BOOST_TEST(a.outputs.at("status-verbose")->out == "fine\n");
}

BOOST_AUTO_TEST_CASE(lines_are_counted_in_the_agent) {
  const auto counted = [](const std::string& program, const std::string& others = "/usr/bin:/bin") {
    Shell s;
    s.program("cilium-dbg", program);
    if (others != "/usr/bin:/bin")
      for (const char* name : {"cat", "gzip"})
        std::filesystem::create_symlink(std::string("/bin/") + name, s.path / "bin" / name);
    const ProbeAnswer a = s.run(make_probe({"bpf-lb-count", "version"}), others);
    BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out + s.err);
    const auto& o = a.outputs.at("bpf-lb-count");
    return o ? o->out + "exit " + std::to_string(o->exit_code) + " of " + o->source
             : o.missing().detail;
  };
  const std::string tail = " of pod: cilium-dbg bpf lb list";
  for (const char* path : {"/usr/bin:/bin", "/nowhere"}) {  // with sed and without
    BOOST_TEST(counted("printf 'HEADER (x)\\na (1)\\nb (2)\\n'", path) ==
               "HEADER (x)\n3\nexit 0" + tail);
    BOOST_TEST(counted("printf 'HEADER\\n'", path) == "HEADER\n1\nexit 0" + tail);
    BOOST_TEST(counted("printf 'HEADER\\na (1)\\n';exit 3", path) == "HEADER\n2\nexit 3" + tail);
    BOOST_TEST(counted("echo no map >&2;exit 1", path) == "bpf-lb-count exited with 1: no map");
  }
  BOOST_TEST(count_lines("") == "");
  BOOST_TEST(count_lines("a") == "a\n1\n");
  BOOST_TEST(count_lines("\na\n") == "\n2\n");
}

BOOST_AUTO_TEST_CASE(the_last_command_is_not_cut_in_the_agent) {
  Shell s;
  s.program("cilium-dbg", "head -c 100000 /dev/zero\n");
  const ProbeAnswer a = s.run(make_probe({"version"}));
  BOOST_REQUIRE(a.whole);
  BOOST_TEST(a.outputs.at("version").missing().detail ==
             "the output of version is larger than 64 KiB");
  BOOST_TEST(s.out.size() > 100000u);
}

BOOST_AUTO_TEST_CASE(stderr_of_one_command_is_all_of_it) {
  Shell s;
  s.program("cilium-dbg", "echo warning >&2;echo fine\n");
  const ProbeAnswer a = s.run(make_probe({"version"}));
  BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out);
  BOOST_TEST(s.err == "warning\n");
  BOOST_TEST(a.outputs.at("version")->out == "fine\n");
  BOOST_TEST(a.outputs.at("version")->err == "warning\n");
}

BOOST_AUTO_TEST_CASE(stderr_of_several_commands_comes_with_their_output) {
  for (const char* path : {"/usr/bin:/bin", "/nowhere"}) {  // with gzip and tail, and without
    Shell s;
    s.program("cilium-dbg", "echo \"of $1\" >&2;echo fine;test \"$1\" = status||exit 1\n");
    const ProbeAnswer a = s.run(make_probe({"status-verbose", "version", "lrp-list"}), path);
    BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out);
    BOOST_TEST(s.err == "");
    BOOST_TEST(a.outputs.at("status-verbose")->err == "of status\n");
    BOOST_TEST(a.outputs.at("version")->err == "of version\n");
    BOOST_TEST(a.outputs.at("lrp-list")->err ==
               "of lrp");  // the shell drops what breaks lines at the end
  }
}

BOOST_AUTO_TEST_CASE(of_too_much_stderr_the_end_is_kept) {
  Shell s;
  s.program("cilium-dbg",
            "case $1 in shell)echo 'no such table' >&2;exit 1;;status)head -c 1000000 /dev/zero|tr "
            "'\\0' x >&2;echo fine;;*)echo 'no such map' >&2;exit 1;;esac\n");
  const ProbeAnswer a = s.run(make_probe({"db-frontends", "status-verbose", "version"}));
  BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out);
  BOOST_TEST(a.outputs.at("status-verbose")->out == "fine\n");
  BOOST_TEST(a.outputs.at("version").missing().detail == "version exited with 1: no such map");
  const std::string lost = "(what it said on stderr was cut off: later commands said too much)";
  BOOST_TEST(a.outputs.at("status-verbose")->err == lost);
  BOOST_TEST(a.outputs.at("db-frontends").missing().detail ==
             "db-frontends exited with 1: " + lost);
}

BOOST_AUTO_TEST_CASE(of_too_much_stderr_the_beginning_is_kept_without_tail) {
  Shell s;
  s.program("cilium-dbg",
            "if test \"$1\" = status;then i=0;while test $i -lt 5000;do echo \"line $i\" "
            ">&2;i=$((i+1));done;echo fine;else echo 'no such map' >&2;exit 1;fi\n");
  const ProbeAnswer a = s.run(make_probe({"status-verbose", "version"}), "/nowhere");
  BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out);
  BOOST_TEST(a.outputs.at("status-verbose")->out == "fine\n");
  BOOST_TEST(a.outputs.at("status-verbose")->err.starts_with("line 0\nline 1\n"));
  BOOST_TEST(a.outputs.at("status-verbose")->err.find("line 100\n") == std::string::npos);
  BOOST_TEST(a.outputs.at("version").missing().detail == "version exited with 1: no such map");
}

BOOST_AUTO_TEST_CASE(an_image_without_timeout_and_head) {
  Shell s;
  s.program("cilium-dbg", "echo fine\n");
  std::filesystem::create_symlink("/bin/cat", s.path / "bin/cat");
  const ProbeAnswer a = s.run(make_probe({"status-verbose"}), "/nowhere");
  BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out + s.err);
  BOOST_TEST(a.outputs.at("status-verbose")->out == "fine\n");
}

BOOST_AUTO_TEST_CASE(several_texts_are_compressed) {
  Shell s;
  s.program("cilium-dbg", "head -c 1000000 /dev/zero | tr '\\0' x\n");
  const Probe probe = make_probe({"status-verbose", "service-list"});
  const ProbeAnswer a = s.run(probe);
  BOOST_REQUIRE_MESSAGE(a.whole, a.broken);
  BOOST_TEST(a.outputs.at("service-list")->out.size() == 1000000u);
  BOOST_TEST(s.out.size() < 100000u);
  for (std::size_t n = 3; n < s.out.size(); n += n / 16 + 1)
    BOOST_TEST(decode_probe(probe, s.out.substr(0, n), s.err, "").broken ==
               "the answer was cut: its compressed form is not whole");
  BOOST_TEST(!decode_probe(probe, s.out + "more", s.err, "").whole);
  BOOST_TEST(!decode_probe({probe.boundary, {"uname", "hostname"}}, s.out, s.err, "").whole,
             "more comes out of it than its commands may say");
}

BOOST_AUTO_TEST_CASE(an_image_whose_gzip_does_not_work) {
  Shell s;
  s.program("cilium-dbg", "echo fine\n");
  s.program("gzip", "exit 1\n");
  const ProbeAnswer a = s.run(make_probe({"status-verbose", "version"}));
  BOOST_REQUIRE_MESSAGE(a.whole, a.broken + s.out + s.err);
  BOOST_TEST(a.outputs.at("version")->out == "fine\n");
  BOOST_TEST(s.out.find("fine") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_commands_of_the_table) {
  for (const Command& c : agent_commands()) {
    if (c.name == k_network_probe)
      continue;  // asked for by its flag only; a script of its own
    BOOST_TEST(c.argv.find_first_of(";&|<>$`'\"\\*?(){}\n") == std::string_view::npos, c.name);
    BOOST_TEST(command_argv(c.name, "cilium").size() > 0u);
  }
  BOOST_TEST(command_argv("rm", "cilium").empty());
  BOOST_TEST(make_probe({"rm"}).commands.empty());
  const auto argv = command_argv("status-verbose", "cilium");
  BOOST_TEST(argv == (std::vector<std::string>{"cilium", "status", "--verbose"}),
             boost::test_tools::per_element());
  BOOST_TEST(make_probe({}).boundary != make_probe({}).boundary);
}
