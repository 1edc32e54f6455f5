// The plugin that loads variants from Python files (attnbench_load_v1).
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "attnbench/plugin.h"
#include "python/function_variant.h"
#include "python/interpreter.h"
#include "python/own_defined.h"
#include "python/own_exact.h"

namespace attnbench::python {
namespace {

/// One loaded file and all that the program may point to. Never freed, as no plugin is unloaded.
struct Loaded {
  std::deque<std::string> texts;
  std::deque<Info> infos;
  std::deque<LikeExact> like;
  std::deque<OwnExact> own;
  std::deque<OwnDefined> defined;
  std::deque<std::vector<Param>> params;
  std::deque<Registration> links;
  std::vector<VersionV1> versions;

  const char* keep(const py::handle& text) {
    return texts.emplace_back(py::cast<std::string>(text)).c_str();
  }
};

Declared declared_of(const py::handle& from) {
  return {py::cast<std::string>(py::str(from.attr("place"))),
          py::object(from.attr("target")).release(),
          py::cast<bool>(from.attr("is_class")),
          py::cast<bool>(from.attr("has_setup")),
          py::cast<uint32_t>(from.attr("takes")),
          py::object(from.attr("supports")).release(),
          py::cast<std::string>(from.attr("missing")())};
}

/// The params that the file declares.
const std::vector<Param>& own_params(Loaded& loaded, const py::handle& from) {
  std::vector<Param>& params = loaded.params.emplace_back();
  for (const py::handle& one : from.attr("params")) {
    const auto values = py::cast<py::tuple>(one);
    const auto number = [&](size_t i) { return py::cast<int64_t>(values[i]); };
    params.push_back(
        {loaded.keep(values[0]), number(1), number(2), number(3), loaded.keep(values[4])});
  }
  return params;
}

/// The variant of the facts that the file states itself: what its queries see, or its definition.
const Variant& own_variant(Loaded& loaded, const py::handle& from, Info& info, const HostV1& host) {
  const std::vector<Param>& params = own_params(loaded, from);
  info.params = params.data();
  info.param_count = static_cast<int32_t>(params.size());
  if (from.attr("definition").is_none())
    return loaded.own.emplace_back(declared_of(from), &info, host, from);
  info.kind = Kind::kApproximate;
  return loaded.defined.emplace_back(declared_of(from), &info, host, from);
}

/// `like` is the variant that it computes the same as; null if it says itself what it computes.
void add_variant(Loaded& loaded, const py::handle& from, const Registration* like,
                 const HostV1& host) {
  Info& info = loaded.infos.emplace_back(like == nullptr ? Info{} : *like->info);
  info.name = loaded.keep(from.attr("name"));
  info.summary = loaded.keep(from.attr("summary"));
  info.source = loaded.keep(from.attr("source"));
  info.kind = Kind::kExact;
  info.allocates = true;
  const Variant& variant =
      like == nullptr
          ? own_variant(loaded, from, info, host)
          : loaded.like.emplace_back(declared_of(from), &info, host, *like->variant->exact());
  const Registration* const next = loaded.links.empty() ? nullptr : &loaded.links.back();
  loaded.links.push_back({&info, &variant, next});
}

void load(const char* path, const HostV1& host, Loaded& loaded, FileV1& file) {
  std::map<std::string, const Registration*> known;
  py::dict is_exact;
  for (const Registration* r = host.known; r != nullptr; r = r->next) {
    known[r->info->name] = r;
    is_exact[r->info->name] = r->variant->exact() != nullptr;
  }
  const py::module_ loading = py::module_::import("attnbench.loading");
  const py::tuple found = loading.attr("load")(path, is_exact);
  file.sha256 = loaded.keep(found[0]);
  for (const py::handle& one : found[1]) {
    const py::object like = one.attr("like");
    add_variant(loaded, one, like.is_none() ? nullptr : known.at(py::cast<std::string>(like)),
                host);
  }
  file.variants = &loaded.links.back();
  for (const auto& [name, version] : py::dict(loading.attr("versions")()))
    loaded.versions.push_back({loaded.keep(name), loaded.keep(version)});
  file.versions = loaded.versions.data();
  file.version_count = static_cast<int32_t>(loaded.versions.size());
  file.empty = new Empty(py::object(loading.attr("empty")).release(), host);
}

}  // namespace
}  // namespace attnbench::python

extern "C" attnbench::FileV1 attnbench_load_v1(const char* path, const attnbench::HostV1* host) {
  using namespace attnbench::python;
  auto& loaded = *new Loaded();
  attnbench::FileV1 file{};
  const auto refuse = [&](std::string text) {
    file = {};
    file.error = loaded.texts.emplace_back(std::move(text)).c_str();
    return file;
  };
  try {
    start_interpreter();
  } catch (const std::exception& error) {
    return refuse(std::string(path) + ": " + error.what());
  }
  const py::gil_scoped_acquire lock;
  try {
    py::module_::import("numpy");
    load(path, *host, loaded, file);
  } catch (const py::error_already_set& error) {
    const bool is_ours = error.matches(py::module_::import("attnbench.loading").attr("LoadError"));
    return refuse(is_ours ? py::cast<std::string>(py::str(error.value()))
                          : std::string(path) + ": " + error.what());
  } catch (const std::exception& error) {
    return refuse(std::string(path) + ": " + error.what());
  }
  return file;
}
