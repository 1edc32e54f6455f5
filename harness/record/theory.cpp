// Checks and names of declared theories.
#include "record/theory.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "record/format.h"

namespace attnbench::record {
namespace {

/// Larger powers would be no theory of anything that ends.
constexpr double kLargestPower = 100;

std::string count_fault(int64_t terms) {
  if (terms >= 1 && terms <= kMostTerms) return {};
  return "has " + plural(terms, "term") + ", and should have 1 to " + std::to_string(kMostTerms);
}

std::string term_fault(const Term& term) {
  // Written so that NaN is at fault.
  if (!(std::abs(term.power) <= kLargestPower && std::abs(term.log_power) <= kLargestPower))
    return "with a power that is not a number from -100 to 100";
  if (!(term.factor > 0) || !std::isfinite(term.factor))
    return "with a factor of " + shortest(term.factor) + ", which should be positive and finite";
  return {};
}

bool grows_faster(const Term& a, const Term& b) {
  return a.power != b.power ? a.power > b.power : a.log_power > b.log_power;
}

Growth recorded(const attnbench::Growth& declared) {
  Growth growth;
  growth.terms.clear();
  for (const attnbench::Term& t :
       std::span(declared.terms, static_cast<size_t>(declared.term_count)))
    growth.terms.push_back({t.power, t.log_power, t.factor, t.what == nullptr ? "" : t.what});
  return growth;
}

std::string fault_of(const char* name, const attnbench::Growth& declared) {
  std::string fault = count_fault(declared.term_count);
  if (fault.empty()) fault = growth_fault(recorded(declared));
  return fault.empty() ? fault : "the growth of " + std::string(name) + " " + fault;
}

std::string number(double v) {
  return v == std::floor(v) && std::abs(v) < 1000 ? std::to_string(static_cast<int>(v))
                                                  : format_number(v, 2);
}

/// "n^2", "n^1 log n", "log n" or, for a constant, "n^0".
std::string law_name(const Term& term) {
  std::string name;
  if (term.power != 0 || term.log_power == 0) name = "n^" + number(term.power);
  if (term.log_power == 0) return name;
  if (!name.empty()) name += " ";
  if (term.log_power == 1) return name + "log n";
  return name + "(log n)^" + number(term.log_power);
}

std::string factor_name(double factor) {
  const bool is_whole = factor == std::round(factor) && factor < 1e15;
  return is_whole ? format_fixed(factor, 0) : format_number(factor, 3);
}

double log_value(const Term& term, double n) {
  const double log_n = std::log(n);
  double value = term.power * log_n;
  if (term.log_power != 0) value += term.log_power * std::log(log_n);
  if (term.factor != 1) value += std::log(term.factor);
  return value;
}

/// The logarithm of a sum of numbers, of which the logarithms are given.
template <class Terms, class Log>
double log_of_sum(const Terms& terms, const Log& log_of) {
  double largest = -INFINITY, sum = 0;
  for (const Term& term : terms) largest = std::max(largest, log_of(term));
  for (const Term& term : terms) sum += std::exp(log_of(term) - largest);
  return largest + std::log(sum);
}

/// Whether the terms that grow as the first one exceed the others together.
bool leads(const Growth& growth, double n) {
  std::vector<Term> leaders, others;
  for (const Term& term : growth.terms)
    (grows_faster(growth.leading(), term) ? others : leaders).push_back(term);
  const auto log_at = [&](const Term& term) { return log_value(term, n); };
  return others.empty() || log_of_sum(leaders, log_at) > log_of_sum(others, log_at);
}

}  // namespace

Theory recorded(const attnbench::Theory& declared) {
  return {recorded(declared.time), recorded(declared.memory)};
}

std::string theory_fault(const attnbench::Theory& declared) {
  const std::string fault = fault_of("time", declared.time);
  return fault.empty() ? fault_of("memory", declared.memory) : fault;
}

std::string growth_fault(const Growth& growth) {
  std::string fault = count_fault(static_cast<int64_t>(growth.terms.size()));
  for (size_t i = 0; i < growth.terms.size() && fault.empty(); ++i) {
    const Term& term = growth.terms[i];
    const std::string which = "has a term " + std::to_string(i + 1) + " ";
    if (std::string wrong = term_fault(term); !wrong.empty())
      fault = which + wrong;
    else if (grows_faster(term, growth.leading()))
      fault = which + "that grows faster than the first, which should lead: " + law_name(term) +
              " and " + law_name(growth.leading());
  }
  return fault;
}

std::string term_name(const Term& term) {
  if (term.power == 0 && term.log_power == 0) return factor_name(term.factor);
  std::string law = law_name(term);
  if (term.power == 1) law.erase(1, 2);  // "n" for "n^1".
  const double divisor = std::round(1 / term.factor);
  if (term.factor == 1) return law;
  if (term.log_power == 0 && divisor > 1 && divisor < 1e9 &&
      std::abs(divisor * term.factor - 1) < 1e-9)
    return law + "/" + factor_name(divisor);
  return factor_name(term.factor) + " " + law;
}

double log_value(const Growth& growth, double n) {
  if (!growth.is_sum()) return log_value(growth.leading(), n);
  return log_of_sum(growth.terms, [&](const Term& term) { return log_value(term, n); });
}

Growth with_more(const Growth& growth, double n, double amount, double more, double power,
                 const char* what) {
  if (more <= 0 || n < 2) return growth;
  const bool is_constant = growth.leading().power == 0 && growth.leading().log_power == 0;
  if (amount <= 0) return is_constant ? Growth{{power, 0, 1, what}} : growth;
  const Term added{power, 0, more / amount * std::exp(log_value(growth, n)) / std::pow(n, power),
                   what};
  Growth sum = growth;
  for (Term& term : sum.terms)
    if (term.power == power && term.log_power == 0) {
      term.factor += added.factor;
      return sum;
    }
  if (std::ssize(sum.terms) == kMostTerms) return sum;
  const auto place = grows_faster(added, sum.leading()) ? sum.terms.begin() : sum.terms.end();
  sum.terms.insert(place, added);
  return sum;
}

std::string growth_name(const Growth& growth) {
  if (!growth.is_sum()) return law_name(growth.leading());
  std::string name;
  for (const Term& term : growth.terms) name += (name.empty() ? "" : " + ") + term_name(term);
  return name;
}

std::string leading_words(const Growth& growth) {
  if (!growth.is_sum()) return {};
  const std::string law = law_name(growth.leading());
  int64_t from = kMaxLength;
  if (!leads(growth, static_cast<double>(from)))
    return law + " leads only beyond n = " + std::to_string(from);
  // Down to the last n at which it does not lead: first by halves, then between two of these.
  while (from > 2 && leads(growth, static_cast<double>(from / 2))) from /= 2;
  if (from <= 2) return law + " leads at every n";
  int64_t below = from / 2;
  while (from - below > 1) {
    const int64_t middle = below + (from - below) / 2;
    (leads(growth, static_cast<double>(middle)) ? from : below) = middle;
  }
  return law + " leads from n = " + std::to_string(from);
}

std::string growth_words(const Growth& growth) {
  return growth_name(growth) + (growth.is_sum() ? " (" + leading_words(growth) + ")" : "");
}

}  // namespace attnbench::record
