// SPDX-License-Identifier: Apache-2.0
// weft completion and weft man: what a shell, `man` and docs/commands.md know of the program, made from its
// own options.
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/cli/commands.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// The names that one types: "--engine", "-o"; none of a positional argument.
std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string Replaced(std::string text, char what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, 1, by);
  return text;
}

// Every command with the words before it: {"waves", "conv"}.
using Visitor = std::function<void(const CLI::App&, const std::vector<std::string>&)>;
void Visit(const CLI::App& app, std::vector<std::string> path, const Visitor& visitor) {
  for (const CLI::App* command : CommandsOf(app)) {
    path.push_back(command->get_name());
    visitor(*command, path);
    Visit(*command, path, visitor);
    path.pop_back();
  }
}

std::string WordsOf(const CLI::App& command) {
  std::string words;
  for (const CLI::App* sub : CommandsOf(command)) words += sub->get_name() + " ";
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : NamesOf(*option)) words += name + " ";
  if (!words.empty()) words.pop_back();
  return words;
}

// Commands and options; where nothing fits, files.
std::string Bash(const CLI::App& app) {
  std::string cases;
  Visit(app, {}, [&](const CLI::App& command, const std::vector<std::string>& path) {
    cases += fmt::format("    '{}') words='{}' ;;\n", fmt::join(path, " "), WordsOf(command));
  });
  return fmt::format(R"(_weft() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} command= word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "${{command:+$command }}$word" in {}) command="${{command:+$command }}$word" ;; *) break ;; esac
  done
  case $command in
{}    *) words='{}' ;;
  esac
  if [[ $current == -* || -z $command ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=(); fi
}}
complete -o default -F _weft weft
)",
                     [&] {
                       std::string names;
                       Visit(app, {}, [&](const CLI::App&, const std::vector<std::string>& path) {
                         names += fmt::format("{}'{}'", names.empty() ? "" : "|", fmt::join(path, " "));
                       });
                       return names;
                     }(),
                     cases, WordsOf(app));
}

std::string ZshText(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c == '\'') out += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\') out += std::string("\\") + c;
    else out += c;
  return out;
}

std::string Zsh(const CLI::App& app) {
  std::string commands, cases;
  for (const CLI::App* command : CommandsOf(app)) {
    commands += fmt::format("    '{}:{}'\n", command->get_name(), ZshText(command->get_description()));
    cases += fmt::format("    {}) _arguments", command->get_name());
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : NamesOf(*option))
        cases += fmt::format(" \\\n      '{}[{}]{}'", name, ZshText(option->get_description()),
                             TakesValue(*option) ? ":value:_files" : "");
    cases += " \\\n      '*:file:_files' ;;\n";
  }
  return fmt::format(R"(#compdef weft
_weft() {{
  local -a commands=(
{}  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
{}  esac
}}
compdef _weft weft
)",
                     commands, cases);
}

std::string Fish(const CLI::App& app) {
  const auto quoted = [](const std::string& text) {
    return "'" + Replaced(Replaced(text, '\\', "\\\\"), '\'', "\\'") + "'";
  };
  std::string text;
  for (const CLI::App* command : CommandsOf(app)) {
    text += fmt::format("complete -c weft -n __fish_use_subcommand -f -a {} -d {}\n", command->get_name(),
                        quoted(command->get_description()));
    for (const CLI::Option* option : command->get_options()) {
      std::string names;
      for (const std::string& name : option->get_snames()) names += " -s " + name;
      for (const std::string& name : option->get_lnames()) names += " -l " + name;
      if (names.empty()) continue;
      text +=
          fmt::format("complete -c weft -n '__fish_seen_subcommand_from {}'{}{} -d {}\n", command->get_name(),
                      names, TakesValue(*option) ? " -r" : "", quoted(option->get_description()));
    }
  }
  return text;
}

// Text of a page for man(1): no line of it is a request, no backslash an escape.
std::string Roff(const std::string& text) {
  const std::string escaped = Replaced(Replaced(text, '\\', "\\e"), '-', "\\-");
  return escaped.starts_with('.') || escaped.starts_with('\'') ? "\\&" + escaped : escaped;
}

std::string Man(const CLI::App& app) {
  std::string text = fmt::format(
      ".TH WEFT 1\n.SH NAME\nweft \\- {}\n.SH SYNOPSIS\n.B weft\nCOMMAND [OPTIONS]\n.SH COMMANDS\n",
      Roff(app.get_description().substr(app.get_description().find(' ') + 1)));  // "Weft, an ..."
  Visit(app, {}, [&](const CLI::App& command, const std::vector<std::string>& path) {
    std::string positional;
    for (const CLI::Option* option : command.get_options())
      if (option->get_positional()) positional += " " + Roff(option->get_name(true));
    text +=
        fmt::format(".SS weft {}{}\n{}\n", fmt::join(path, " "), positional, Roff(command.get_description()));
    for (const CLI::Option* option : command.get_options()) {
      const std::string names = option->get_positional()
                                    ? option->get_name(true)
                                    : fmt::format("{}", fmt::join(NamesOf(*option), ", "));
      const std::string standard = option->get_default_str();
      text += fmt::format(".TP\n.B {}\n{}{}\n", Roff(names), Roff(option->get_description()),
                          standard.empty() ? "" : fmt::format(" (default: {})", Roff(standard)));
    }
  });
  return text +
         ".SH EXIT STATUS\n0: done, and all that was compared is equal. 1: something that was compared "
         "differs. 2: refused, with a sentence on standard error.\n";
}

// A cell of a table in Markdown.
std::string Cell(const std::string& text) { return Replaced(text, '|', "\\|"); }

std::string Markdown(const CLI::App& app) {
  std::string text = R"(# All commands

<!-- Written by `weft man --markdown`; do not edit. -->

Every command of `weft` with its options, as the program itself has them; `weft COMMAND --help` shows the same, and `weft man | man -l -` all of it.
The exit status is 0 if all is done and what was compared is equal, 1 if something that was compared differs, and 2 if the command was refused, with a
sentence on standard error that says what to change.
)";
  Visit(app, {}, [&](const CLI::App& command, const std::vector<std::string>& path) {
    std::string synopsis = fmt::format("weft {}", fmt::join(path, " ")), rows;
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_positional()) synopsis += " " + option->get_name(true);
      if (option->check_lname("help")) continue;
      const std::string names = option->get_positional()
                                    ? option->get_name(true)
                                    : fmt::format("{}", fmt::join(NamesOf(*option), "`, `"));
      const std::string standard =
          option->get_required()
              ? "required"
              : (option->get_default_str().empty() ? "" : "`" + option->get_default_str() + "`");
      rows += fmt::format("| `{}` | {} | {} |\n", names, Cell(option->get_description()), Cell(standard));
    }
    text += fmt::format("\n## {}\n\n{}.\n", synopsis, command.get_description());
    if (!rows.empty()) text += "\n| option | | default |\n|---|---|---|\n" + rows;
  });
  return text;
}

}  // namespace

void AddHelpCommands(CLI::App* app, int* status) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* completion = app->add_subcommand("completion", "Print completions for a shell");
  completion->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  completion->callback([app, shell, status] {
    if (*shell != "bash" && *shell != "zsh" && *shell != "fish")
      throw Error("there are no completions for '{}'; there are bash, zsh and fish", *shell);
    fmt::print("{}", *shell == "bash" ? Bash(*app) : *shell == "zsh" ? Zsh(*app) : Fish(*app));
    *status = 0;
  });
  const auto markdown = std::make_shared<bool>(false);
  CLI::App* man = app->add_subcommand("man", "Print the manual page: weft man | man -l -");
  man->add_flag("--markdown", *markdown, "in Markdown: docs/commands.md");
  man->callback([app, markdown, status] {
    fmt::print("{}", *markdown ? Markdown(*app) : Man(*app));
    *status = 0;
  });
}

}  // namespace weft::cli
