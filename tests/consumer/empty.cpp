// A plugin without ATTNBENCH_VARIANT: it registers nothing.
#include "attnbench/register.h"
