#include "checks/rule.hpp"

#include <algorithm>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {

Rule::Rule(Sink& sink) : sink_(sink), finding_(sink.make("")) {}

void Rule::found(const facts::Agent& agent, std::string source, std::string text) {
  found(agent.node, std::move(source), std::move(text));
}

void Rule::found(std::string_view node, std::string source, std::string text) {
  finding_.nodes.emplace_back(node);
  shows(std::move(source), std::move(text));
}

void Rule::shows(std::string source, std::string text) {
  finding_.evidence.push_back({std::move(source), std::move(text)});
}

void Rule::from_last_words(std::initializer_list<std::string_view> needles, bool also_recovered) {
  for (const Words& words : last_words(sink_.fleet())) {
    if (words.running && !also_recovered)
      continue;
    for (const std::string_view needle : needles)
      if (std::string line = line_with(words.text, needle); !line.empty()) {
        found(words.node, words.source, std::move(line));
        break;
      }
  }
}

void Rule::object(std::string path) {
  auto& objects = finding_.objects;
  if (std::find(objects.begin(), objects.end(), path) == objects.end())
    objects.push_back(std::move(path));
}

void Rule::set(finding::Placeholder name, finding::Texts texts) {
  finding_.values.set(name, std::move(texts));
}

void Rule::add(finding::Placeholder name, std::string text) {
  std::vector<std::string> list = finding_.values.get(name);
  if (std::find(list.begin(), list.end(), text) == list.end())
    list.push_back(std::move(text));
  set(name, std::move(list));
}

void Rule::could_not_tell(const facts::Missing& missing) {
  ++asked_;
  without_program_ += missing.reason == evidence::Reason::no_such_file ||
                      missing.reason == evidence::Reason::version_too_old;
}

void Rule::say_who_could_not_tell() {
  if (told_ == asked_ || !sink_.skipped().empty() || !sink_.not_applicable_because().empty())
    return;
  const std::string who = (told_ == 0 ? std::string("none") : std::to_string(asked_ - told_)) +
                          " of " + count_of(asked_, "agent") + " could " +
                          (told_ == 0 ? "tell" : "not tell") + what_;
  if (without_program_ == asked_ && sink_.fleet().kind == evidence::SourceKind::cluster)
    sink_.cannot_judge(who + ": the agents' image has no program that does");
  else
    sink_.skip(who);
}

void Rule::finish() {
  say_who_could_not_tell();
  if (finding_.nodes.empty() && finding_.objects.empty())
    return;
  finding::tidy_evidence(finding_.evidence);
  finding_.summary = variant_.empty() ? "" : summary_of(finding_.id, variant_);
  sink_.add(std::move(finding_));
}

std::vector<const facts::Agent*> agents_with(const facts::Fleet& fleet,
                                             const std::function<bool(const facts::Agent&)>& is) {
  std::vector<const facts::Agent*> out;
  for (const facts::Agent& agent : fleet.agents)
    if (is(agent))
      out.push_back(&agent);
  return out;
}

std::string summary_of(std::string_view id, const std::string& variant) {
  const Entry* entry = find_entry(id);
  if (entry == nullptr)
    return {};
  const auto found = entry->summaries.find(variant);
  return found == entry->summaries.end() ? std::string() : found->second;
}

void Check::run(const facts::Fleet& fleet, Sink& sink) const {
  if (const auto* by_sink = std::get_if<0>(&judge)) {
    (*by_sink)(fleet, sink);
    return;
  }
  Rule rule(sink);
  std::get<1>(judge)(fleet, rule);
  rule.finish();
}

}  // namespace kpr::checks
