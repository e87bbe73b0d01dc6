// The Status that ends an exec, refusals, the API server's errors in kubectl's words, and the
// channels.
#include <boost/test/unit_test.hpp>

#include "kube/client.hpp"
#include "kube/client_impl.hpp"
#include "kube/exec_channels.hpp"
#include "kube/exec_sessions.hpp"
#include "kube/exec_status.hpp"

using namespace kpr::kube;
using kpr::ErrorKind;

BOOST_AUTO_TEST_CASE(exit_codes) {
  const std::pair<const char*, int> codes[] = {
      {R"({"metadata":{},"status":"Success"})", 0},
      {R"({"status":"Failure","reason":"NonZeroExitCode","message":"x","details":{"causes":[{"reason":"Other","message":"3"},{"reason":"ExitCode","message":"126"}]}})",
       126},
      {R"({"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"1"}]}})",
       1},
  };
  for (const auto& [text, code] : codes) {
    const auto got = exit_code_of_status(text);
    BOOST_REQUIRE(got);
    BOOST_TEST(*got == code);
  }
}

BOOST_AUTO_TEST_CASE(failures) {
  const struct {
    const char *text, *message;
    ErrorKind kind;
  } cases[] = {
      {"", "the exec ended with a status that is not JSON", ErrorKind::protocol},
      {"Success", "the exec ended with a status that is not JSON", ErrorKind::protocol},
      {"[1]", "the exec ended with a status that is not JSON", ErrorKind::protocol},
      {"{}", "the exec ended with a status without a message", ErrorKind::network},
      {R"j({"status":"Failure","message":"container not found (\"cilium-agent\")"})j",
       "container not found (\"cilium-agent\")",
       ErrorKind::not_found},
      {R"({"status":"Failure","message":"exec: \"sh\": executable file not found in $PATH"})",
       "exec: \"sh\": executable file not found in $PATH",
       ErrorKind::unsupported},
      {R"({"status":"Failure","reason":"NonZeroExitCode","message":"odd","details":{"causes":[{"reason":"ExitCode","message":"none"}]}})",
       "odd",
       ErrorKind::network},
      {R"({"status":"Failure","reason":"NonZeroExitCode","message":"odd","details":{"causes":[{"reason":"ExitCode","message":"0"}]}})",
       "odd",
       ErrorKind::network},
      {R"({"status":"Failure","reason":"NonZeroExitCode","message":"odd","details":[]})",
       "odd",
       ErrorKind::network},
      {R"({"status":"Failure","message":"\u001b[31mred"})", "^[[31mred", ErrorKind::network},
      {R"({"status":"Failure","message":"Post \"https://10.0.0.1:10250/exec/x?command=sh&command=-c\": EOF"})",
       "Post \"https://10.0.0.1:10250/exec/x\": EOF",
       ErrorKind::network},
      {R"({"status":7,"message":[]})",
       "the exec ended with a status without a message",
       ErrorKind::network},
  };
  for (const auto& c : cases) {
    const auto got = exit_code_of_status(c.text);
    BOOST_TEST_CONTEXT(c.text) {
      BOOST_REQUIRE(!got);
      BOOST_TEST(got.error().message == c.message);
      BOOST_TEST((got.error().kind == c.kind));
    }
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto refusal = [](int status, const char* body, kpr::net::Headers headers = {}) {
    return explain_refusal({status, std::move(headers), body});
  };
  const char* forbidden =
      R"({"kind":"Status","status":"Failure","reason":"Forbidden","message":"pods \"x\" is forbidden","code":403})";
  Refusal r = refusal(403, forbidden);
  BOOST_TEST(r.error.message == "Error from server (Forbidden): pods \"x\" is forbidden");
  BOOST_TEST((r.error.kind == ErrorKind::forbidden));
  BOOST_TEST((!r.transient && !r.blocked && !r.busy));
  r = refusal(403, "<html>\x1bno</html>");
  BOOST_TEST(r.error.message == "the WebSocket upgrade was refused with 403 by something that is "
                                "not a Kubernetes API server: <html>^[no</html>");
  BOOST_TEST(r.error.hint ==
             "a proxy may forbid WebSocket; --exec-via=kubectl runs kubectl exec instead");
  BOOST_TEST((r.blocked && !r.transient));
  r = refusal(429, "", {{"retry-after", "7"}});
  BOOST_TEST((r.busy && r.transient && !r.blocked));
  BOOST_TEST(r.error.retry_after_seconds == 7);
  r = refusal(503, "");
  BOOST_TEST((r.busy && r.transient && !r.blocked));
  r = refusal(
      500, R"({"kind":"Status","reason":"InternalError","message":"error dialing backend: EOF"})");
  BOOST_TEST((r.transient && !r.busy && !r.blocked));
  r = refusal(500, R"({"kind":"Status","reason":"InternalError","message":"out of luck"})");
  BOOST_TEST((!r.transient && !r.blocked));
  BOOST_TEST(!refusal(404, "not here").blocked);
  BOOST_TEST(!refusal(401, "").blocked);
}

BOOST_AUTO_TEST_CASE(errors_of_the_api_server) {
  const auto message = [](int status, const char* body) {
    return error_from_status(status, body, "GET /x").message;
  };
  BOOST_TEST(message(403, R"({"kind":"Status","reason":"Forbidden","message":"no"})") ==
             "Error from server (Forbidden): no");
  BOOST_TEST(message(409, R"({"kind":"Status","message":"no"})") ==
             "Error from server (Conflict): no");
  BOOST_TEST(message(403, R"({"kind":"Status","reason":"Forbidden"})") ==
             "Error from server (Forbidden): GET /x");
  BOOST_TEST(message(404, "404 page not found") ==
             "Error from server (NotFound): the server could not find the requested resource");
  BOOST_TEST(message(504, "") == "Error from server (Timeout): the server answered 504 to GET /x");
  BOOST_TEST(message(503, " busy \n") ==
             "Error from server (ServiceUnavailable): the server answered 503 to GET /x: busy");
  BOOST_TEST(message(401, "whatever") == "You must be logged in to the server (Unauthorized)");
  BOOST_TEST(kubectl_text(error_from_status(401, "", "x")) ==
             "error: You must be logged in to the server (Unauthorized)");
  BOOST_TEST(kubectl_text(error_from_status(403, "", "x")) ==
             "Error from server (Forbidden): the server answered 403 to x");
  BOOST_TEST((error_from_status(410, "", "x").kind == ErrorKind::protocol));
  BOOST_TEST(error_from_status(410, "", "x").http_status == 410);
  BOOST_TEST(message(400, R"({"kind":"Status","reason":"\u001b[2J","message":"\u0007"})") ==
             "Error from server (^[[2J): \\x07");
}

BOOST_AUTO_TEST_CASE(what_is_worth_another_try) {
  for (const int status : {429, 502, 503, 504})
    BOOST_TEST(transient(status, ""), status);
  for (const int status : {200, 400, 401, 403, 404, 410, 500, 501})
    BOOST_TEST(!transient(status, ""), status);
  for (const char* text : {"error dialing backend: dial tcp: i/o timeout",
                           "etcdserver: leader changed",
                           "read: connection reset by peer",
                           "net/http: TLS handshake timeout"})
    BOOST_TEST(transient(500, text), text);
  BOOST_TEST(!transient(403, "connection refused"));
}

BOOST_AUTO_TEST_CASE(the_target_of_an_exec) {
  BOOST_TEST(exec_target({.ns = "kube-system",
                          .pod = "cilium-x",
                          .container = "cilium agent",
                          .argv = {"sh", "-c", "a&b=c\n"},
                          .deadline = {}}) == "/api/v1/namespaces/kube-system/pods/cilium-x/"
                                              "exec?command=sh&command=-c&command=a%26b%3Dc%0A&"
                                              "container=cilium%20agent&stderr=true&stdout=true");
}

BOOST_AUTO_TEST_CASE(channels) {
  ExecChannels c(10);
  BOOST_TEST(c.on_data(true, "\x01hel"));
  BOOST_TEST(c.on_data(true,
                       "\x02"
                       "er"));
  BOOST_TEST(c.on_data(false, "r"));
  BOOST_TEST(c.on_data(true, "\x01"));
  BOOST_TEST(c.on_data(false, "lo"));
  BOOST_TEST(c.on_data(true, std::string_view("\0stdin", 6)));
  BOOST_TEST(c.on_data(true, "\x04resize"));
  BOOST_TEST(c.on_data(true,
                       std::string_view("\xff"
                                        "close")));
  BOOST_TEST(c.on_data(true, "\x03{}"));
  BOOST_TEST(c.answer().out == "hello");
  BOOST_TEST(c.answer().err == "err");
  BOOST_TEST(c.status() == "{}");
  BOOST_TEST(c.on_data(true,
                       "\x02"
                       "12"));
  BOOST_TEST(!c.overflow());
  BOOST_TEST(!c.on_data(true, "\x01x"));  // stdout and stderr count together
  BOOST_TEST(c.overflow()->message == "the output is larger than 0 MiB");
  ExecChannels nobody(10);
  const std::string noise = "\x09" + std::string(1u << 19, 'x');
  BOOST_TEST(nobody.on_data(true, noise));
  BOOST_TEST(nobody.on_data(true, noise.substr(100)));
  BOOST_TEST(!nobody.on_data(true, noise));
  BOOST_TEST(nobody.overflow()->message == "the server sent too much that is no output");
  ExecChannels s(10);
  BOOST_TEST(s.on_data(true, "\x03" + std::string(ExecChannels::max_status, 'x')));
  BOOST_TEST(!s.on_data(false, "x"));
  BOOST_TEST(s.overflow()->message == "the exec's status is larger than 64 KiB");
  BOOST_TEST((s.overflow()->kind == ErrorKind::too_large));
}
