// Any text as a container's log: cut into records it comes to an end, makes no more of them than it
// has lines and no more text than it has; and so does the search for what it said last.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "checks/last_words.hpp"
#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto records = kpr::facts::log_records(text);
  if (records.size() > static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1)
    std::abort();
  std::size_t said = 0;
  for (const auto& record : records)
    said += record.message.size() + record.error.size();
  if (said > 2 * size)
    std::abort();
  const auto word = kpr::checks::last_word(text, {"agent", false, {}});
  if (word && word->row != nullptr)
    (void)kpr::checks::with_caught(word->row->cause, word->caught);
  return 0;
}
