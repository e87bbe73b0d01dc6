// A step of a fix, or of making sure that it worked: a sentence, or a command with where it runs.
// Steps stand in the order in which they are done.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "finding/shell_template.hpp"

namespace kpr::finding {

enum class Where {
  here,       // where kubectl and helm are
  node,       // on the node that the finding names
  each_node,  // on each of them
};
std::string_view to_string(Where where);  // "", "on the node", "on each node"

class Step {
 public:
  static Step say(OurText sentence);
  static Step run(OurText command, Where where = Where::here);
  // These values of Cilium's chart, in Helm's own way: `helm upgrade` with a `--set` for each.
  struct Setting {
    OurText key, value;
  };
  static Step set(const std::vector<Setting>& settings);

  Step with(Values values) &&;  // what stands for this step only
  Step or_else() &&;            // instead of the step before it

  bool is_command() const { return std::holds_alternative<ShellTemplate>(text_); }
  bool sets_values() const { return sets_values_; }  // of Helm
  bool is_alternative() const { return alternative_; }
  Where where() const { return where_; }
  std::string problem() const;  // of the template; "" when there is none

  void fill(const Values& values) { values_.fill(values); }  // what is set already stays
  Command command() const;                                   // of one that is a command
  Sentence sentence() const;                                 // of one that is not

 private:
  Step() = default;
  std::variant<std::string, ShellTemplate> text_;
  Values values_;
  Where where_ = Where::here;
  bool alternative_ = false;
  bool sets_values_ = false;
};
using Steps = std::vector<Step>;

// What a person reads of steps, in order: sentences, and commands that can be pasted whole. Where a
// command runs and what its open words stand for are sentences beside it.
struct StepLine {
  bool is_command = false;
  std::string text;
};
std::vector<StepLine> lines_of(const Steps& steps);

}  // namespace kpr::finding
