// Builds the document by a SAX handler, as the library's own parser keeps the last of two equal
// keys.
#include "config/parse.h"

namespace attnbench::config {
namespace {

class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(Parsed& parsed) : parsed_(parsed) {}

  bool null() override { return put(nullptr) != nullptr; }
  bool boolean(bool value) override { return put(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override {
    return put(value) != nullptr;
  }
  bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }  // JSON text has no binary values.

  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    key_ = std::move(name);
    if (open_.back().container->contains(key_))
      parsed_.problems.push_back({next_pointer(), "duplicate key; an object has each key once"});
    return true;
  }

  bool parse_error(size_t, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    if (dynamic_cast<const Json::out_of_range*>(&error) != nullptr) {
      parsed_.problems.push_back(
          {next_pointer(), token.substr(0, 60) + " is too large for a number"});
      return false;
    }
    const std::string text = error.what();
    const size_t prefix = text.find("] ");  // "[json.exception.parse_error.101] parse error at ..."
    parsed_.syntax_error = text.substr(prefix == std::string::npos ? 0 : prefix + 2, 300);
    return false;
  }

 private:
  struct Level {
    Json* container;
    std::string pointer;
  };

  std::string next_pointer() const {
    if (open_.empty()) return {};
    const Level& level = open_.back();
    return join_pointer(level.pointer, level.container->is_array()
                                           ? std::to_string(level.container->size())
                                           : key_);
  }

  Json* put(Json value) {
    if (open_.empty()) {
      parsed_.value = std::move(value);
      return &parsed_.value;
    }
    Json& container = *open_.back().container;
    if (container.is_array()) {
      container.push_back(std::move(value));
      return &container.back();
    }
    return &(container[key_] = std::move(value));
  }

  bool open(Json container) {
    std::string pointer = next_pointer();
    if (open_.size() == kMostNesting) {
      parsed_.problems.push_back(
          {"", "is nested deeper than " + std::to_string(kMostNesting) + " levels"});
      return false;
    }
    open_.push_back({put(std::move(container)), std::move(pointer)});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Parsed& parsed_;
  std::vector<Level> open_;
  std::string key_;
};

}  // namespace

Parsed parse_json(std::string_view text, Comments comments) {
  Parsed parsed;
  Builder builder(parsed);
  parsed.stopped =
      !Json::sax_parse(text.begin(), text.end(), &builder, nlohmann::detail::input_format_t::json,
                       true, comments == Comments::kAllowed);
  return parsed;
}

}  // namespace attnbench::config
