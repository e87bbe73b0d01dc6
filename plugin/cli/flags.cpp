#include "cli/flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>

namespace kpr::cli {
namespace {

const Flag* find(std::span<const Flag> flags, std::string_view name) {
  const auto it = std::find_if(flags.begin(), flags.end(), [&](const Flag& f) {
    return f.name == name;
  });
  return it == flags.end() ? nullptr : &*it;
}

const Flag* find(std::span<const Flag> flags, char letter) {
  const auto it = std::find_if(flags.begin(), flags.end(), [&](const Flag& f) {
    return f.letter == letter;
  });
  return it == flags.end() ? nullptr : &*it;
}

Error usage(std::string message) {
  return Error{ErrorKind::usage, std::move(message), ""};
}

}  // namespace

std::string FlagValues::get(std::string_view name, std::string_view fallback) const {
  const auto it = values_.find(std::string(name));
  return it == values_.end() ? std::string(fallback) : it->second.back();
}

std::vector<std::string> FlagValues::all(std::string_view name) const {
  const auto it = values_.find(std::string(name));
  return it == values_.end() ? std::vector<std::string>{} : it->second;
}

Result<std::vector<std::string>> normalize(std::span<const std::string> argv,
                                           std::span<const Flag> flags) {
  std::vector<std::string> tokens;
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    const std::string& token = argv[i];
    const auto value_after = [&]() -> const std::string* {
      return i + 1 < argv.size() ? &argv[++i] : nullptr;
    };
    if (token == "--") {
      arguments.insert(
          arguments.end(), argv.begin() + static_cast<std::ptrdiff_t>(i) + 1, argv.end());
      break;
    }
    if (token.starts_with("--")) {
      const std::size_t equals = token.find('=');
      const std::string name =
          token.substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
      const Flag* flag = find(flags, name);
      if (flag == nullptr)
        return usage(fmt::format("unknown flag: --{}", name));
      if (equals != std::string::npos) {
        tokens.push_back(token);
      } else if (flag->value.empty()) {
        tokens.push_back(token + "=true");
      } else {
        const std::string* value = value_after();
        if (value == nullptr)
          return usage(fmt::format("flag needs an argument: --{}", name));
        tokens.push_back(fmt::format("--{}={}", name, *value));
      }
      continue;
    }
    if (token.size() > 1 && token[0] == '-') {
      for (std::size_t k = 1; k < token.size(); ++k) {
        const Flag* flag = find(flags, token[k]);
        if (flag == nullptr)
          return usage(fmt::format("unknown shorthand flag: '{}' in {}", token[k], token));
        std::string_view rest = std::string_view(token).substr(k + 1);
        if (flag->value.empty()) {
          if (!rest.starts_with('=')) {
            tokens.push_back(fmt::format("--{}=true", flag->name));
            continue;
          }
          rest.remove_prefix(1);
          tokens.push_back(fmt::format("--{}={}", flag->name, rest));
          break;
        }
        if (rest.starts_with('=')) {
          rest.remove_prefix(1);
          tokens.push_back(fmt::format("--{}={}", flag->name, rest));
        } else if (!rest.empty()) {
          tokens.push_back(fmt::format("--{}={}", flag->name, rest));
        } else {
          const std::string* value = value_after();
          if (value == nullptr)
            return usage(fmt::format("flag needs an argument: '{}' in {}", token[k], token));
          tokens.push_back(fmt::format("--{}={}", flag->name, *value));
        }
        break;
      }
      continue;
    }
    arguments.push_back(token);
  }
  tokens.emplace_back("--");
  tokens.insert(tokens.end(), arguments.begin(), arguments.end());
  return tokens;
}

Result<FlagValues> parse(std::span<const std::string> argv, std::span<const Flag> flags) {
  namespace po = boost::program_options;
  KPR_TRY_ASSIGN(std::vector<std::string> tokens, normalize(argv, flags));
  // Program_options refuses an empty value after '='; a second '=' makes every value non-empty and
  // is taken off again below.
  for (std::string& token : tokens) {
    if (token == "--")
      break;
    token.insert(token.find('='), 1, '=');
  }
  po::options_description description;
  for (const Flag& flag : flags)
    description.add_options()(std::string(flag.name).c_str(),
                              po::value<std::vector<std::string>>()->composing());
  description.add_options()("--arguments", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("--arguments", -1);
  FlagValues values;
  try {
    const po::parsed_options parsed =
        po::command_line_parser(tokens)
            .options(description)
            .positional(positional)
            .style(po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent)
            .run();
    for (const auto& option : parsed.options) {
      for (const std::string& raw : option.value) {
        if (option.position_key >= 0) {
          values.add_argument(raw);
          continue;
        }
        const std::string value = raw.substr(1);
        const Flag* flag = find(flags, option.string_key);
        if (flag != nullptr && flag->value.empty() && value != "true" && value != "false" &&
            value != "1" && value != "0") {
          return usage(
              fmt::format("invalid argument \"{}\" for \"--{}\" flag: must be true or false",
                          value,
                          flag->name));
        }
        values.add(option.string_key,
                   flag != nullptr && flag->value.empty()
                       ? (value == "true" || value == "1" ? "true" : "false")
                       : value);
      }
    }
  } catch (const po::error& e) {
    return usage(e.what());
  }
  return values;
}

}  // namespace kpr::cli
