// Variants that must not compile, as nothing says what they compute; each macro gives another.
#include "attnbench/register.h"

namespace {

#if defined(NO_KIND)
class Vague : public attnbench::Inexact {
#elif defined(NO_DEFINITION)
class Vague : public attnbench::Defined {
#else
class Vague : public attnbench::Defines<Vague> {
#ifndef NO_ROWS
 public:
  template <class Real>
  void rows(const attnbench::Call&, const attnbench::Inputs&, const attnbench::Rows&, Real*) const {
  }
#endif
#endif
  attnbench::Cost cost(const attnbench::Call&) const noexcept override {
    return {};
  }
  attnbench::Count workspace_bytes(const attnbench::Call&) const noexcept override {
    return {};
  }
  attnbench::Theory theory(const attnbench::Call&) const noexcept override {
    return {};
  }
  void forward(const attnbench::Call&, const attnbench::Inputs&, const attnbench::Tensor<float>&,
               const attnbench::Workspace&) const noexcept override {}
};

const attnbench::Info kInfo{"vague", "Says nothing", attnbench::Kind::kApproximate, "none"};

}  // namespace

ATTNBENCH_VARIANT(Vague, kInfo)
