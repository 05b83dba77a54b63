// The whole of sync's own headers beside the core: for builds that compile each of its files alone.
#pragma once

#include "daemon/sync/engine_impl.hpp"

#include "cmake/precompiled/core.hpp"
