// The catalogue of all variants that registered themselves.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attnbench/register.h"

namespace attnbench::registry {

/// A registered variant as the harness sees it.
struct Entry {
  const Info* info = nullptr;
  const Variant* variant = nullptr;
  std::string plugin = {};  ///< Path of the plugin that brings it; empty for this program.
  std::string file = {};    ///< Path of the file that the plugin loaded it from; empty for none.
  /// If it comes from a file: calls an empty function of the file's language, in the same way.
  const Variant* empty = nullptr;

  std::string_view name() const { return info->name; }
  std::span<const Param> params() const {
    return {info->params, static_cast<size_t>(info->param_count)};
  }
};

/// A plugin that was loaded.
struct Plugin {
  std::string path;    ///< The canonical one.
  std::string sha256;  ///< Of the file, in hexadecimal.
  std::string compiler;
  std::string flags;
  std::string build_type;
};

/// A file of variants in another language, which a plugin has loaded.
struct File {
  std::string path;    ///< The canonical one.
  std::string sha256;  ///< Of the bytes that were loaded.
  std::string plugin_sha256;
  std::map<std::string, std::string> versions;  ///< Of what its variants run on.
};

/// A file can't be loaded as a plugin of this program, or by one.
class PluginError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Two variants share a name, or the facts of one are malformed.
class RegistryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Lower-case letters, digits and _, a letter first.
bool is_snake_case(std::string_view name);

/// Variants by name, in alphabetical order.
class Catalogue {
 public:
  /// Throws RegistryError on duplicate or malformed entries.
  explicit Catalogue(std::vector<Entry> entries, std::vector<Plugin> plugins = {},
                     std::vector<File> files = {});

  /// Null if no variant has that name.
  const Entry* find(std::string_view name) const;
  const std::vector<Entry>& entries() const { return entries_; }
  /// In the order loaded.
  const std::vector<Plugin>& plugins() const { return plugins_; }
  /// In the order loaded.
  const std::vector<File>& files() const { return files_; }

 private:
  std::vector<Entry> entries_;
  std::vector<Plugin> plugins_;
  std::vector<File> files_;
};

/// The variant that does the products around attention of a case with `projections`.
inline constexpr char kProjections[] = "projections";

/// Whether such a case does them for this variant: a baseline is a whole layer anyhow.
inline bool has_projections(const Entry& entry) {
  return entry.info->kind != Kind::kBaseline;
}

/// Everything linked into this program.
Catalogue built_in();

/// The values of an entry's params in declared order, from pairs of name and value. A list that is
/// not among them is 0. Throws RegistryError if another param is not.
std::vector<int64_t> param_values(const Entry& entry,
                                  const std::vector<std::pair<std::string, int64_t>>& named);

/// The spans that Exact::visible_keys states for one query.
std::vector<KeySpan> visible_keys(const Exact& variant, const Call& call, int64_t query);

/// The spans that Selective::selected_keys states for one query.
std::vector<KeySpan> selected_keys(const Selective& variant, const Call& call,
                                   const int32_t* decisions, int64_t query);

/// What is wrong with the keys that a variant states for one query; empty if nothing is. Spans lie
/// within [0, kv_len), ascend and do not overlap, none is empty, and if the problem is causal, no
/// key is later than the query.
std::string malformed_keys(const Problem& problem, int64_t query,
                           const std::vector<KeySpan>& spans);

/// The inputs beside q, k and v that a variant declares for this call, in their order.
std::vector<ExtraInput> extra_inputs(const Variant& variant, const Call& call);

/// The bytes of declared inputs in all.
Count bytes_of(const std::vector<ExtraInput>& inputs);

/// What is wrong with the inputs that a variant declares; empty if nothing is.
std::string malformed(const std::vector<ExtraInput>& inputs);

/// Why the variant does not do this call, by what it takes and by Variant::supports; empty if it
/// does.
std::string declined(const Variant& variant, const Call& call);

/// Why this call can't be done: the variant declines it, or the inputs that it declares are
/// malformed; empty if it can.
std::string refusal(const Variant& variant, const Call& call);

/// Why this call, which the variant does, can't be trained; empty if it can.
std::string training_refusal(const Variant& variant, const Call& call);

/// `values` as Call::list; an empty list if `values` is null.
List view(const std::vector<int64_t>* values);

/// How many keys a span holds.
int64_t key_count(const KeySpan& span);

/// "exact", "approximate" or "baseline".
std::string_view kind_name(Kind kind);

}  // namespace attnbench::registry
