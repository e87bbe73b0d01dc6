#include "finding/step.hpp"

#include "util/strings.hpp"

namespace kpr::finding {
namespace {

constexpr std::string_view k_helm_upgrade =
    "helm upgrade {release} cilium/cilium --version {version} -n {ns} --reuse-values";

// "or on each node:", "" for a command that needs no word before it. `before`: where the step
// before ran.
std::string heading(const Step& step, Where before) {
  if (step.where() == before && !step.is_alternative())
    return {};
  const std::string where(to_string(step.where()));
  if (step.is_alternative())
    return where.empty() ? "or:" : "or " + where + ":";
  return (where.empty() ? "here again" : where) + ":";
}

void add_open(std::vector<StepLine>& lines, const std::vector<Open>& open) {
  for (const Open& word : open)
    if (!word.value.empty())
      lines.push_back({false,
                       "(" + word.stand_in + " is not filled in: the cluster has " +
                           escape_terminal(word.value) + ")"});
}

}  // namespace

std::string_view to_string(Where where) {
  switch (where) {
  case Where::node:
    return "on the node";
  case Where::each_node:
    return "on each node";
  case Where::here:
    break;
  }
  return "";
}

Step Step::say(OurText sentence) {
  Step step;
  step.text_ = std::string(sentence.text());
  return step;
}

Step Step::run(OurText command, Where where) {
  Step step;
  step.text_ = ShellTemplate(command);
  step.where_ = where;
  return step;
}

Step Step::set(const std::vector<Setting>& settings) {
  std::string text(k_helm_upgrade);
  for (const auto& [key, value] : settings)
    text += " --set " + shell_quote(std::string(key.text()) + "=" + std::string(value.text()));
  Step step;
  step.text_ = ShellTemplate(ShellTemplate::Whole{std::move(text)});
  step.sets_values_ = true;
  return step;
}

Step Step::with(Values values) && {
  values.fill(values_);
  values_ = std::move(values);
  return std::move(*this);
}

Step Step::or_else() && {
  alternative_ = true;
  return std::move(*this);
}

std::string Step::problem() const {
  if (is_command())
    return std::get<ShellTemplate>(text_).problem();
  std::vector<std::string> unknown;
  pieces_of(std::get<std::string>(text_), &unknown);
  return unknown.empty() ? std::string() : "{" + unknown.front() + "} is no placeholder";
}

Command Step::command() const {
  return std::get<ShellTemplate>(text_).fill(values_);
}

Sentence Step::sentence() const {
  Sentence out = fill_sentence(std::get<std::string>(text_), values_);
  if (alternative_)
    out.text = "or " + out.text;
  return out;
}

std::vector<StepLine> lines_of(const Steps& steps) {
  std::vector<StepLine> out;
  Where before = Where::here;
  for (const Step& step : steps) {
    if (!step.is_command()) {
      Sentence said = step.sentence();
      out.push_back({false, std::move(said.text)});
      add_open(out, said.open);
      continue;
    }
    if (std::string words = heading(step, before); !words.empty())
      out.push_back({false, std::move(words)});
    before = step.where();
    const Command command = step.command();
    out.push_back({true, command.shell()});
    add_open(out, command.open);
  }
  return out;
}

}  // namespace kpr::finding
