// Logs of containers as records: every form that Cilium's programs print, whole and cut off.
#include "facts/log_records.hpp"

#include <boost/test/unit_test.hpp>

using namespace kpr::facts;

namespace {

LogRecord one(std::string_view text) {
  const auto records = log_records(text);
  BOOST_REQUIRE_EQUAL(records.size(), 1u);
  return records.front();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_record_of_logrus) {
  const auto r = one("time=\"2026-11-24T11:58:20Z\" level=fatal msg=\"failed to start: Get "
                     "\\\"https://h:6443\\\": EOF\" error=\"x\\ty\" subsys=daemon");
  BOOST_TEST((r.level == LogLevel::fatal));
  BOOST_TEST(r.message == "failed to start: Get \"https://h:6443\": EOF");
  BOOST_TEST(r.error == "x\ty");
  BOOST_TEST(r.field("subsys") == "daemon");
  BOOST_TEST(r.field("time") == "");
  BOOST_TEST(r.text == "level=fatal msg=\"failed to start: Get \\\"https://h:6443\\\": EOF\" "
                       "error=\"x\\ty\" subsys=daemon");
}

BOOST_AUTO_TEST_CASE(a_record_of_slog_with_the_error_anywhere) {
  const auto r = one("time=2026-11-24T11:57:58.1Z level=error source=/go/src/x.go:33 "
                     "msg=\"Start hook failed\" error=\"a: b\" function=\"f (x.go:1)\" n=1");
  BOOST_TEST((r.level == LogLevel::error));
  BOOST_TEST(r.said() == "Start hook failed: a: b");
  BOOST_TEST(r.field("function") == "f (x.go:1)");
  BOOST_TEST(r.text == "level=error msg=\"Start hook failed\" error=\"a: b\" function=\"f "
                       "(x.go:1)\" n=1");
}

BOOST_AUTO_TEST_CASE(records_as_json) {
  const auto logrus =
      one(R"({"error":"no","level":"fatal","msg":"m","subsys":"daemon","time":"t"})");
  BOOST_TEST(logrus.said() == "m: no");
  BOOST_TEST(logrus.field("subsys") == "daemon");
  const auto slog = one(R"({"time":"t","level":"ERROR","source":{"file":"x"},"msg":"m","n":1})");
  BOOST_TEST((slog.level == LogLevel::error));
  BOOST_TEST(slog.text == "level=ERROR msg=m");
  const auto zap = one(
      R"({"level":"fatal","ts":"t","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"bind"})");
  BOOST_TEST((zap.level == LogLevel::fatal));
  BOOST_TEST(zap.said() == "discovery failed: bind");
  BOOST_TEST((one(R"({"level":"fatal","msg":)").level == LogLevel::none));
}

BOOST_AUTO_TEST_CASE(records_of_klog) {
  const auto old =
      one("E1124 11:57:02.118000       1 reflector.go:147] x.go:1: Failed to watch: y");
  BOOST_TEST((old.level == LogLevel::error));
  BOOST_TEST(old.message == "x.go:1: Failed to watch: y");
  const auto now =
      one("F1124 11:57:02.118000 1 reflector.go:147] \"Failed to \\\"watch\\\"\" err=\"a b\" t=x");
  BOOST_TEST((now.level == LogLevel::fatal));
  BOOST_TEST(now.said() == "Failed to \"watch\": a b");
  BOOST_TEST(now.field("t") == "x");
}

BOOST_AUTO_TEST_CASE(a_record_of_envoy) {
  const auto r = one("[2026-11-24 11:57:02.118][7][critical][main] [source/server/server.cc:131] "
                     "error initializing configuration 'x': [y]");
  BOOST_TEST((r.level == LogLevel::fatal));
  BOOST_TEST(r.message == "error initializing configuration 'x': [y]");
  BOOST_TEST(r.text == "[critical][main] error initializing configuration 'x': [y]");
}

BOOST_AUTO_TEST_CASE(a_panic_is_one_record_with_the_first_function_of_cilium) {
  const auto records = log_records(
      "level=info msg=before\n"
      "panic: runtime error: invalid memory address or nil pointer dereference [recovered]\n"
      "\tpanic: runtime error: invalid memory address or nil pointer dereference\n"
      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x2c1d3f4]\n"
      "\n"
      "goroutine 812 [running]:\n"
      "github.com/cilium/cilium/pkg/hive.recovers()\n"
      "\t/go/src/github.com/cilium/cilium/pkg/hive/hive.go:1 +0x1\n"
      "panic({0x35b1, 0x4})\n"
      "\t/usr/local/go/src/runtime/panic.go:770 +0x132\n"
      "github.com/cilium/cilium/pkg/loadbalancer/reconciler.(*BPFOps).Update(0xc0, {0x4a1})\n"
      "\t/go/src/github.com/cilium/cilium/pkg/loadbalancer/reconciler/ops.go:640 +0x1a4\n"
      "created by github.com/cilium/statedb/reconciler.Register in goroutine 1\n"
      "\t/go/src/github.com/cilium/cilium/vendor/github.com/cilium/statedb/r.go:8 +0x5c\n"
      "level=info msg=after\n");
  BOOST_REQUIRE_EQUAL(records.size(), 3u);
  BOOST_TEST((records[1].level == LogLevel::fatal));
  BOOST_TEST(records[1].field("frame") ==
             "github.com/cilium/cilium/pkg/loadbalancer/reconciler.(*BPFOps).Update");
  BOOST_TEST(records[1].text ==
             "panic: runtime error: invalid memory address or nil pointer dereference [recovered]\n"
             "github.com/cilium/cilium/pkg/loadbalancer/reconciler.(*BPFOps).Update");
  BOOST_TEST(records[2].message == "after");
}

BOOST_AUTO_TEST_CASE(a_server_outlives_a_panic_of_a_request) {
  const auto r = one("2026/11/24 11:57:02 http: panic serving 127.0.0.1:40000: runtime error: nil\n"
                     "goroutine 5 [running]:\n"
                     "net/http.(*conn).serve.func1()\n"
                     "\t/usr/local/go/src/net/http/server.go:1 +0x1\n"
                     "panic({0x1, 0x2})\n"
                     "github.com/cilium/cilium/daemon/cmd.kubeproxyHealthzHandler.ServeHTTP()\n");
  BOOST_TEST((r.level == LogLevel::error));
  BOOST_TEST(r.field("frame") ==
             "github.com/cilium/cilium/daemon/cmd.kubeproxyHealthzHandler.ServeHTTP");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_stack_is_a_panic_too) {
  const auto r = one("(0xc0, {0x4a1})\n"
                     "\t/go/src/github.com/cilium/cilium/pkg/x.go:640 +0x1a4\n"
                     "github.com/cilium/cilium/pkg/y.Z(...)\n"
                     "\t/go/src/github.com/cilium/cilium/pkg/y.go:8 +0x5c\n");
  BOOST_TEST(r.cut);
  BOOST_TEST((r.level == LogLevel::fatal));
  BOOST_TEST(r.field("frame") == "github.com/cilium/cilium/pkg/y.Z");
}

BOOST_AUTO_TEST_CASE(what_a_keeper_of_logs_puts_in_front_is_left_out) {
  const auto records = log_records("2026-11-24T14:42:32.2Z level=info msg=a\r\n"
                                   "2026-11-24T14:42:32.215308970Z stderr F level=info msg=b\n"
                                   "2026/11/24 14:42:32 c d\n");
  BOOST_REQUIRE_EQUAL(records.size(), 3u);
  BOOST_TEST(records[0].message == "a");
  BOOST_TEST(records[1].message == "b");
  BOOST_TEST(records[2].message == "c d");
}

BOOST_AUTO_TEST_CASE(plain_lines_and_cobras_error) {
  const auto records = log_records("Running\nError: Build config failed: no\nUsage:\n");
  BOOST_REQUIRE_EQUAL(records.size(), 3u);
  BOOST_TEST((records[0].level == LogLevel::none));
  BOOST_TEST((records[1].level == LogLevel::fatal));
  BOOST_TEST(records[1].message == "Build config failed: no");
  BOOST_TEST(records[1].text == "Error: Build config failed: no");
}

BOOST_AUTO_TEST_CASE(a_record_whose_head_is_cut_off_says_the_rest) {
  const auto records = log_records("ct k8s api-server\" error=\"Get \\\"https://h:1/x\\\": EOF\" "
                                   "subsys=k8s-client\nlevel=info msg=b\n");
  BOOST_REQUIRE_EQUAL(records.size(), 2u);
  BOOST_TEST(records[0].cut);
  BOOST_TEST(records[0].message ==
             "ct k8s api-server\" error=\"Get \"https://h:1/x\": EOF\" subsys=k8s-client");
  // One whose end is cut off ends with the text.
  BOOST_TEST(one("level=fatal msg=\"failed to st").message == "failed to st");
  BOOST_TEST(one("level=fatal msg=\"failed\\").message == "failed");
}

BOOST_AUTO_TEST_CASE(what_failed_while_stopping_is_not_what_was_said) {
  BOOST_TEST(one("level=fatal msg=\"failed to start: a\\nfailed to stop: b\"").said() ==
             "failed to start: a");
}

BOOST_AUTO_TEST_CASE(no_text_no_record) {
  BOOST_TEST(log_records("").empty());
  BOOST_TEST(log_records("\n \r\n\t\n").empty());
}
