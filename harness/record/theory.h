// A declared theory as a record holds it, which owns its texts.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "attnbench/variant.h"

namespace attnbench::record {

/// As attnbench::Term.
struct Term {
  double power = 0;
  double log_power = 0;
  double factor = 1;
  std::string what = {};
};

/// As attnbench::Growth: a sum of which the first term leads. {2} is n^2, {} is constant.
struct Growth {
  std::vector<Term> terms;

  Growth(double power = 0, double log_power = 0) : terms{{power, log_power}} {}
  Growth(std::initializer_list<Term> sum) : terms(sum) {}

  const Term& leading() const { return terms.front(); }
  bool is_sum() const { return terms.size() > 1; }
};

struct Theory {
  Growth time;
  Growth memory;
};

/// What a variant declares. `declared` has no fault.
Theory recorded(const attnbench::Theory& declared);

/// What is wrong with a declared theory, for the variant's author: "time has 5 terms, and a sum has
/// 1 to 4". Empty if nothing is.
std::string theory_fault(const attnbench::Theory& declared);

/// What is wrong with a sum of terms: "its second term grows faster than its first, which should
/// lead". Empty if nothing is.
std::string growth_fault(const Growth& growth);

/// log(growth) for n of at least 2.
double log_value(const Growth& growth, double n);

/// The growth of what is `amount` at n and grows as `growth`, together with what is `more` at n and
/// grows as n^power. The factors are those of `growth`, so that n^2 and four products with
/// matrices d x d are n^2 + 2 d n. If `amount` is 0, a constant gives way to n^power, and any other
/// growth stays as it is, as it does if it has as many terms as are possible or n is 1.
Growth with_more(const Growth& growth, double n, double amount, double more, double power,
                 const char* what);

/// One term of a sum: "n^2/64", "192 n", "0.30 n log n", "2048".
std::string term_name(const Term& term);

/// "n^2", "n^1 log n", "n^0", "log n", "n^0.50"; a sum is "n^2/64 + 192 n".
std::string growth_name(const Growth& growth);

/// From which n on the leading term of a sum exceeds the others together: "n^2 leads from n =
/// 12288". Empty if the growth has one term.
std::string leading_words(const Growth& growth);

/// growth_name, and leading_words of a sum: "n^2/64 + 192 n (n^2 leads from n = 12288)".
std::string growth_words(const Growth& growth);

}  // namespace attnbench::record
