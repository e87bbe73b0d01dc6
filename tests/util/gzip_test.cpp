#define BOOST_TEST_MODULE gzip
#include "util/gzip.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>

namespace {
std::size_t g_largest = 0;  // of what was asked for since the last look
}

void* operator new(std::size_t n) {
  g_largest = std::max(g_largest, n);
  if (void* p = std::malloc(n ? n : 1))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

using namespace kpr;

namespace {

constexpr std::size_t k_any = std::numeric_limits<std::size_t>::max();
constexpr std::size_t k_header = 10, k_trailer = 8;

std::string table(int lines) {
  std::string out;
  for (int i = 0; i < lines; ++i) {
    const auto n = std::to_string(i * 7919 % 251);
    out += std::to_string(i) + "     10.96.0." + n + ":9153/TCP     ClusterIP      1 => 10.64." +
           n + ".5:9153/TCP (active)\n";
  }
  return out;
}

std::string with_size(std::string packed, std::uint32_t size) {
  for (std::size_t i = 0; i < 4; ++i)
    packed[packed.size() - 4 + i] = static_cast<char>(size >> 8 * i);
  return packed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(there_and_back) {
  for (const auto& text :
       {std::string(), std::string("x"), std::string(100000, 'x'), table(3), table(20000)}) {
    const std::string packed = *gzip(text);
    BOOST_TEST(is_gzip(packed));
    BOOST_TEST((gunzip(packed, text.size()) == text),
               "exactly as much as is allowed: " << text.size());
    BOOST_TEST((gunzip(packed, k_any) == text));
    if (!text.empty())
      BOOST_TEST(!gunzip(packed, text.size() - 1),
                 "one byte more than is allowed: " << text.size());
  }
  BOOST_TEST(gzip(table(20000))->size() < table(20000).size() / 5);
}

BOOST_AUTO_TEST_CASE(no_gzip) {
  BOOST_TEST(!gunzip("", k_any));
  BOOST_TEST(!gunzip(std::string(100000, 'x'), k_any));
  BOOST_TEST(!gunzip(std::string("\x1f\x8b") + std::string(30, '\0'), k_any));
  BOOST_TEST(!gunzip(gzip(table(3))->substr(1), k_any));
}

BOOST_AUTO_TEST_CASE(cut) {
  for (const auto& text : {std::string(), table(3), std::string(100000, 'x')}) {
    const std::string packed = *gzip(text);
    for (std::size_t n = 0; n < packed.size(); ++n) {
      BOOST_TEST(!gunzip(std::string_view(packed).substr(0, n), k_any), "cut at " << n);
      if (n < 4)
        continue;
      // What is left may end with a size that is right.
      const auto size = static_cast<std::uint32_t>(text.size());
      BOOST_TEST(!gunzip(with_size(packed.substr(0, n), size), k_any),
                 "cut at " << n << ", the size is right");
    }
  }
}

BOOST_AUTO_TEST_CASE(more_behind_it) {
  const std::string text = table(3), packed = *gzip(text);
  const auto size = static_cast<std::uint32_t>(text.size());
  for (std::size_t n = 1; n < 40; ++n) {
    BOOST_TEST(!gunzip(packed + std::string(n, '\0'), k_any), n);
    if (n >= 4)
      BOOST_TEST(!gunzip(with_size(packed + std::string(n, '\0'), size), k_any),
                 n << " bytes that end with the right size");
  }
  BOOST_TEST(!gunzip(packed + packed, k_any), "a second stream of the same size");
  BOOST_TEST(!gunzip(with_size(packed + packed, 2 * size), k_any),
             "a second stream, the size is of both");
}

BOOST_AUTO_TEST_CASE(a_size_that_lies) {
  for (const auto& text : {std::string(), table(3)}) {
    const std::string packed = *gzip(text);
    const auto size = static_cast<std::uint32_t>(text.size());
    for (const std::uint32_t lie : {size - 1,
                                    size + 1,
                                    size / 2,
                                    2 * size,
                                    size ^ 0x100u,
                                    size ^ 0x10000u,
                                    size ^ 0x80000000u,
                                    0u,
                                    ~0u}) {
      if (lie == size)
        continue;
      BOOST_TEST(!gunzip(with_size(packed, lie), k_any), lie << " instead of " << size);
      BOOST_TEST(!gunzip(with_size(packed, lie), text.size()), lie << " instead of " << size);
    }
    BOOST_TEST((gunzip(with_size(packed, size), k_any) == text));
  }
}

BOOST_AUTO_TEST_CASE(a_size_takes_no_more_room_than_deflate_can_fill) {
  const std::string packed = *gzip("x");
  const std::string all = with_size(packed, ~0u),
                    above =
                        with_size(packed, static_cast<std::uint32_t>(1033 * (packed.size() + 1))),
                    within = with_size(packed, static_cast<std::uint32_t>(1000 * packed.size()));
  g_largest = 0;
  BOOST_TEST(!gunzip(all, k_any));
  BOOST_TEST(!gunzip(above, k_any));
  BOOST_TEST(!gunzip(within, 999 * packed.size()), "more than was allowed");
  const std::size_t refused = g_largest;
  BOOST_TEST(refused < 900 * packed.size());
  BOOST_TEST(!gunzip(within, k_any));
  BOOST_TEST(g_largest >= 1000 * packed.size(), "the measure sees what gunzip asks for");
}

BOOST_AUTO_TEST_CASE(what_packs_best_is_no_lie) {
  const std::string text(16 << 20, '\0');
  const std::string packed = *gzip(text);
  BOOST_TEST(packed.size() < text.size() / 980);
  BOOST_TEST((gunzip(packed, text.size()) == text));
}

BOOST_AUTO_TEST_CASE(a_changed_bit_never_gives_another_text) {
  const std::string text = table(3), packed = *gzip(text);
  for (std::size_t bit = 0; bit < 8 * packed.size(); ++bit) {
    std::string changed = packed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    const auto out = gunzip(changed, k_any);
    // The header's time, level and system say nothing about the text, nor do the bits that fill the
    // last byte before the trailer.
    BOOST_TEST((!out || (*out == text && bit / 8 < packed.size() - k_trailer)), "bit " << bit);
  }
}

BOOST_AUTO_TEST_CASE(fields_of_the_header) {
  const std::string text = table(3), packed = *gzip(text), body = packed.substr(k_header);
  const auto with = [&](char flags, std::string_view fields, std::string_view rest) {
    return packed.substr(0, 3) + flags + packed.substr(4, k_header - 4) + std::string(fields) +
           std::string(rest);
  };
  using namespace std::string_view_literals;
  BOOST_TEST((gunzip(with(4, "\3\0abc"sv, body), k_any) == text), "extra field");
  BOOST_TEST((gunzip(with(8, "a.txt\0"sv, body), k_any) == text), "name, as gzip FILE writes it");
  BOOST_TEST((gunzip(with(16, "said\0"sv, body), k_any) == text), "comment");
  BOOST_TEST((gunzip(with(28, "\3\0abca.txt\0said\0"sv, body), k_any) == text), "all of them");
  BOOST_TEST(!gunzip(with(4, "\xff\xff"sv, body), k_any), "an extra field longer than all");
  BOOST_TEST(!gunzip(with(8, std::string(k_trailer + 1, 'n'), with_size("size", 0)), k_any),
             "a name without an end");
}
