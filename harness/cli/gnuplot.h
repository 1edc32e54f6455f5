// Has gnuplot draw a picture.
#pragma once

#include <string>

namespace attnbench::cli {

/// What gnuplot needs and makes: file names without folder, and texts.
struct Drawing {
  std::string script_file, script;
  std::string data_file, data;
  std::string picture_file;
};

/// The picture's bytes. Works in a temporary folder, which is removed again. Throws
/// run::EnvironmentError if there is no gnuplot or if it fails.
std::string draw(const Drawing& drawing);

}  // namespace attnbench::cli
