// `weights`: prints and draws the attention weights between the tokens of a sentence.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "analyze/sentence.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "config/config.h"
#include "config/variation_arguments.h"
#include "plan/pattern.h"
#include "report/weights.h"

namespace attnbench::cli {
namespace {

struct WeightsArgs {
  std::string text{analyze::kDefaultText};
  std::string variant = "full";
  std::vector<std::string> params;  ///< "left=2"
  bool causal = false;
  std::string html_file;  ///< Empty for no page.
};

std::vector<std::string> read_tokens(const std::string& text) {
  analyze::Tokens tokens = analyze::tokenize(text);
  if (!tokens.problem.empty()) throw config::ConfigError({"--text: " + tokens.problem});
  return std::move(tokens.tokens);
}

/// "window left=2 right=0, causal".
std::string title(const config::Variation& variation, bool causal) {
  std::string text(variation.entry->name());
  for (const auto& [name, value] : variation.named_params())
    text += " " + name + "=" + std::to_string(value);
  return text + (causal ? ", causal" : ", not causal");
}

int print_weights(const WeightsArgs& args, const registry::Catalogue& catalogue) {
  const config::Variation variation = config::read_variation(args.variant, args.params, catalogue);
  const Info& info = *variation.entry->info;
  if (info.kind != Kind::kExact)
    throw config::ConfigError({"--variant " + args.variant + ": is " +
                               std::string(registry::kind_name(info.kind)) +
                               "; only exact variants are a softmax over the keys they see"});
  const std::vector<std::string> tokens = read_tokens(args.text);
  Call call;
  call.params = variation.params.data();
  call.list = registry::view(variation.list.get());
  call.problem.q_len = call.problem.kv_len = static_cast<int64_t>(tokens.size());
  call.problem.causal = args.causal;
  if (const Support support = variation.entry->variant->supports(call); !support.ok())
    throw config::ConfigError({"--variant " + args.variant + ": " + support.reason});
  const std::string visible = plan::visible_pairs(*variation.entry->variant, call);
  const report::WeightsView view{title(variation, args.causal), tokens, visible,
                                 analyze::attention_weights(tokens, visible)};
  std::cout << report::weights_text(view);
  if (!args.html_file.empty()) {
    write_page(args.html_file, report::weights_html(view));
    std::cout << "\nDrawn in " << args.html_file << "\n";
  }
  return kExitOk;
}

Action set_up(CLI::App& command, PluginArgs& plugins) {
  auto args = std::make_shared<WeightsArgs>();
  command
      .add_option("--text", args->text,
                  "UTF-8 text; white space separates tokens; without any, each character is one")
      ->capture_default_str();
  command.add_option("--variant", args->variant, "An exact variant")->capture_default_str();
  command
      .add_option("--param", args->params, "A param of the variant: --param left=2 (repeatable)")
      ->allow_extra_args(false);
  command.add_flag("--causal", args->causal, "A token sees no token after its own position");
  command.add_option("--html", args->html_file, "Also draw the weights into this HTML file");
  add_plugins(command, plugins);
  return [&plugins, args] { return print_weights(*args, load_catalogue(plugins)); };
}

const Command kWeights{Topic::kResults, "weights",
                       "Show the attention weights between the tokens of a sentence", set_up};

}  // namespace

}  // namespace attnbench::cli
