// `weights`: prints and draws the attention weights between the tokens of a sentence.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "analyze/sentence.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "config/config.h"
#include "config/variation_arguments.h"
#include "plan/pattern.h"
#include "plan/sentence.h"
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

std::vector<std::string> names_of(const std::vector<std::string>& params) {
  std::vector<std::string> names;
  for (const std::string& param : params) names.push_back(param.substr(0, param.find('=')));
  return names;
}

using NamedParams = std::vector<std::pair<std::string, int64_t>>;

/// Scales the params that the user did not give down to the sentence.
void scale_defaults(config::Variation& variation, const Call& call,
                    const std::vector<std::string>& given) {
  const int times = plan::halvings(*variation.entry, call, given);
  variation.params = plan::halved_params(*variation.entry, call, times, given);
}

NamedParams changed(const config::Variation& variation, const NamedParams& standard) {
  NamedParams drawn = variation.named_params();
  std::erase_if(drawn, [&](const auto& param) {
    return std::find(standard.begin(), standard.end(), param) != standard.end();
  });
  return drawn;
}

int print_weights(const WeightsArgs& args, const registry::Catalogue& catalogue) {
  config::Variation variation = config::read_variation(args.variant, args.params, catalogue);
  if (const std::string reason = plan::undrawn_reason(*variation.entry->variant); !reason.empty())
    throw config::ConfigError({"--variant " + args.variant +
                               ": there are no weights to show, because " + reason +
                               "; the exact variants of 'attnbench list' have weights"});
  const std::vector<std::string> tokens = read_tokens(args.text);
  Call call;
  call.params = variation.params.data();
  call.list = registry::view(variation.list.get());
  call.problem.q_len = call.problem.kv_len = static_cast<int64_t>(tokens.size());
  call.problem.causal = args.causal;
  const auto standard = variation.named_params();
  scale_defaults(variation, call, names_of(args.params));
  call.params = variation.params.data();
  if (const std::string reason = registry::refusal(*variation.entry->variant, call);
      !reason.empty())
    throw config::ConfigError({"--variant " + args.variant + ": " + reason});
  const std::string visible = plan::visible_pairs(*variation.entry->variant->exact(), call);
  const report::WeightsView view{
      title(variation, args.causal),
      tokens,
      visible,
      analyze::attention_weights(tokens, visible),
      args.causal,
      report::drawn_words(changed(variation, standard), standard, "by default")};
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
      .add_option("--param", args->params,
                  "A param of the variant: --param left=2 (repeatable); one that is not given "
                  "has its default, scaled down to the sentence if it would hide nothing of it")
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
