#include "kube/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <string>

#include "util/limits.hpp"

namespace kpr::kube {
namespace {

struct TooMuch {};

nlohmann::json convert(const YAML::Node& node, std::size_t depth, std::size_t& budget) {
  if (depth > limits::depth || budget-- == 0)
    throw TooMuch{};
  switch (node.Type()) {
  case YAML::NodeType::Scalar: {
    const std::string& text = node.Scalar();
    if (node.Tag() == "?") {  // plain, not quoted
      if (text == "true" || text == "True" || text == "TRUE")
        return true;
      if (text == "false" || text == "False" || text == "FALSE")
        return false;
      if (text.empty() || text == "null" || text == "~" || text == "Null" || text == "NULL")
        return nullptr;
    }
    return text;
  }
  case YAML::NodeType::Sequence: {
    auto out = nlohmann::json::array();
    for (const auto& item : node)
      out.push_back(convert(item, depth + 1, budget));
    return out;
  }
  case YAML::NodeType::Map: {
    auto out = nlohmann::json::object();
    for (const auto& item : node) {
      if (!item.first.IsScalar())
        throw TooMuch{};
      out[item.first.Scalar()] = convert(item.second, depth + 1, budget);
    }
    return out;
  }
  default:
    return nullptr;
  }
}

}  // namespace

Result<nlohmann::json> parse_yaml(std::string_view text) {
  if (text.size() > limits::yaml_bytes)
    return Error{.kind = ErrorKind::too_large,
                 .message = "yaml: the file is larger than 16 MiB",
                 .hint = {}};
  try {
    std::size_t budget = limits::yaml_values;
    return convert(YAML::Load(std::string(text)), 0, budget);
  } catch (const YAML::Exception& e) {
    return Error{.kind = ErrorKind::input,
                 .message = "yaml: line " + std::to_string(e.mark.line + 1) + ": " + e.msg,
                 .hint = {}};
  } catch (const TooMuch&) {
    return Error{
        .kind = ErrorKind::input,
        .message =
            "yaml: the document is nested too deeply, too large, or has keys that are not text",
        .hint = {}};
  } catch (const std::exception& e) {
    return Error{.kind = ErrorKind::input, .message = std::string("yaml: ") + e.what(), .hint = {}};
  }
}

}  // namespace kpr::kube
