// WebSocket frames without a connection: whatever the cut of the bytes, the same messages.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>

#include "net/framing.hpp"

using namespace kpr::net;

namespace {

std::string frame(int opcode, std::string_view payload, bool fin = true) {
  std::string out(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 255);
  }
  return out + std::string(payload);
}

// Gives `step` bytes a read; then would block, or ends.
struct Pipe final : Framing::Io {
  std::string in, out;
  std::size_t at = 0, step = 1 << 20;
  bool ends = false, breaks = false, stuck = false;
  long read(char* to, std::size_t n) override {
    if (at == in.size())
      return breaks ? Framing::broken : ends ? 0 : Framing::would_block;
    n = std::min({n, step, in.size() - at});
    std::memcpy(to, in.data() + at, n);
    at += n;
    return static_cast<long>(n);
  }
  long write(const char* from, std::size_t n) override {
    if (stuck)
      return Framing::would_block;
    out.append(from, n);
    return static_cast<long>(n);
  }
};

struct Messages final : Framing::Sink {
  std::vector<std::string> list;
  std::size_t open = 0, most = 1 << 20;
  bool on_data(bool starts, std::string_view bytes) override {
    if (starts)
      list.emplace_back();
    list.back() += bytes;
    return list.size() <= most;
  }
  bool on_message_end() override { return ++open, true; }
};

struct Run {
  Pipe pipe;
  Messages messages;
  Framing framing;
  std::string error;
  Run(std::string in, std::size_t step = 1 << 20, Framing::Limits limits = {}, bool ends = false)
      : framing(pipe, messages, limits) {
    pipe.in = std::move(in);
    pipe.step = step;
    pipe.ends = ends;
    pump();
  }
  void pump() {
    do {
      if (const auto r = framing.pump(); !r)
        error = r.error().message;
    } while (error.empty() && framing.more());
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(messages) {
  const std::string big(40000, 'b');
  const std::string bytes = frame(2, "\x01one") + frame(2, "") + frame(1, "\x02two") +
                            frame(2, "a", false) + frame(9, "ping") + frame(0, "b", false) +
                            frame(0, "") + frame(2, big);
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, bytes.size()}) {
    Run run(bytes, step);
    BOOST_TEST(run.error == "");
    BOOST_TEST(run.messages.list == (std::vector<std::string>{"\x01one", "\x02two", "ab", big}),
               boost::test_tools::per_element());
    BOOST_TEST(!run.framing.eof());
    BOOST_TEST(!run.framing.close_received());
    BOOST_TEST(run.framing.close_code() == 1006);
  }
}

BOOST_AUTO_TEST_CASE(pings_are_answered_masked) {
  Run run(frame(9, "hey"));
  const std::string& out = run.pipe.out;
  BOOST_REQUIRE(out.size() == 2 + 4 + 3);
  BOOST_TEST(static_cast<unsigned char>(out[0]) == 0x8a);
  BOOST_TEST(static_cast<unsigned char>(out[1]) == (0x80 | 3));
  std::string text = out.substr(6);
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<char>(text[i] ^ out[2 + i]);
  BOOST_TEST(text == "hey");
  run.framing.ping();
  BOOST_TEST(run.framing.want_write());
  run.pump();
  BOOST_TEST(!run.framing.want_write());
  BOOST_TEST(static_cast<unsigned char>(run.pipe.out[9]) == 0x89);
}

BOOST_AUTO_TEST_CASE(closes) {
  Run run(frame(2, "x") + frame(8, std::string("\x03\xe8", 2)));
  BOOST_TEST(run.error == "");
  BOOST_TEST(run.framing.close_received());
  BOOST_TEST(run.framing.close_code() == 1000);
  BOOST_TEST(static_cast<unsigned char>(run.pipe.out[0]) == 0x88);  // answered
  Run without(frame(2, "x"), 1 << 20, {}, true);
  BOOST_TEST(without.error == "");
  BOOST_TEST(without.framing.eof());
  BOOST_TEST(!without.framing.close_received());
}

BOOST_AUTO_TEST_CASE(breaches) {
  const std::string masked("\x82\x81\x01\x02\x03\x04\x05", 7);
  const std::pair<std::string, const char*> cases[] = {
      {masked, "the server broke the WebSocket protocol"},
      {std::string("\xc2\x01x", 3), "the server broke the WebSocket protocol"},  // a reserved bit
      {frame(3, "x"), "the server broke the WebSocket protocol"},  // an unknown opcode
      {frame(0, "x"), "the server broke the WebSocket protocol"},  // a continuation of nothing
      {frame(2, "x", false) + frame(2, "y"), "the server broke the WebSocket protocol"},
      {frame(9, "x", false), "the server broke the WebSocket protocol"},  // a fragmented ping
      {frame(9, std::string(200, 'x')), "the server broke the WebSocket protocol"},
      {frame(1, "\xff\xfe"), "the server broke the WebSocket protocol"},  // text that is not UTF-8
      {std::string("\x82\x7f\x80\0\0\0\0\0\0\0", 10),
       "the server broke the WebSocket protocol"},  // a length with its highest bit
  };
  for (const auto& [bytes, message] : cases)
    for (const std::size_t step : {std::size_t{1}, bytes.size()})
      BOOST_TEST(Run(bytes, step).error == message, "case " << &bytes - &cases[0].first);
}

BOOST_AUTO_TEST_CASE(limits) {
  const Framing::Limits small{.message = 1u << 20, .idle_frames = 5};
  BOOST_TEST(Run(std::string("\x82\x7f\0\0\0\0\0\x10\0\1x", 11), 1, small).error ==
             "the server sent a WebSocket message larger than 1 MiB");
  std::string fragments = frame(2, "x", false);
  for (int i = 0; i < 40; ++i)
    fragments += frame(0, std::string(60000, 'y'), false);
  BOOST_TEST(Run(fragments, 1 << 20, small).error ==
             "the server sent a WebSocket message larger than 1 MiB");
  std::string pings;
  for (int i = 0; i < 6; ++i)
    pings += frame(9, "x");
  BOOST_TEST(Run(pings, 1 << 20, small).error == "the server sent too many WebSocket pings");
}

BOOST_AUTO_TEST_CASE(empty_frames_count_like_pings) {
  const Framing::Limits small{.message = 1u << 20, .idle_frames = 5};
  std::string empties;
  for (int i = 0; i < 5; ++i)
    empties += frame(2, "");
  BOOST_TEST(Run(empties + frame(2, "x"), 1, small).error == "");
  BOOST_TEST(Run(empties + frame(2, ""), 1, small).error ==
             "the server sent too many empty WebSocket frames");
  std::string fragments = frame(2, "x", false);
  for (int i = 0; i < 6; ++i)
    fragments += frame(0, "", false);
  BOOST_TEST(Run(fragments, 1, small).error == "the server sent too many empty WebSocket frames");
}

BOOST_AUTO_TEST_CASE(a_fast_sender_is_left_after_its_turn) {
  Pipe pipe;
  Messages messages;
  Framing framing(pipe, messages, {.turn = 1000});
  for (int i = 0; i < 10; ++i)
    pipe.in += frame(2, std::string(998, 'x'));
  std::size_t turns = 0;
  do {
    BOOST_TEST(framing.pump().has_value());
    BOOST_TEST(pipe.at <= ++turns * 1000);
  } while (framing.more());
  BOOST_TEST(turns == 11u);  // the last one finds nothing
  BOOST_TEST(messages.list.size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_sink_that_has_enough) {
  Run run("");
  run.messages.most = 1;
  run.pipe.in = frame(2, "one") + frame(2, "two") + frame(2, "three");
  run.pump();
  BOOST_TEST(run.messages.list.size() == 2u);
  BOOST_TEST(run.error == "");
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks) {
  Run run(frame(2, "one"));
  run.pipe.breaks = true;
  run.pump();
  BOOST_TEST(run.error == "the connection was lost");
}

BOOST_AUTO_TEST_CASE(a_connection_that_takes_nothing) {
  Run run("");
  run.pipe.stuck = true;
  run.pipe.in = frame(9, "hey") + frame(2, "one");
  run.pump();
  BOOST_TEST(run.error == "");
  BOOST_TEST(run.framing.want_write());
  BOOST_TEST(run.messages.list.size() == 1u);
  run.pipe.stuck = false;
  run.pump();
  BOOST_TEST(!run.framing.want_write());
  BOOST_TEST(run.pipe.out.size() == 9u);
}
