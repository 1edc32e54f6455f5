// A plugin that forgot ATTNBENCH_VARIANT.
#include "attnbench/register.h"
