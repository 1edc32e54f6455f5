// The inputs on which a case is measured.
#pragma once

#include <stdexcept>

#include "measure/inputs.h"
#include "record/record.h"

namespace attnbench::measure {

/// The inputs of a case cannot be had, and its variant is not to blame.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Puts what the case's axis `inputs` asks for into `inputs`, which hold normal numbers. Throws
/// InputError if a file cannot be read or is not the one with which the run began.
void fill_inputs(const record::Case& plan, uint64_t seed, InputSet& inputs);

}  // namespace attnbench::measure
