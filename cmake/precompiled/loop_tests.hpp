// GoogleTest and GoogleMock beside Asio, for tests of code on the event loop.
#pragma once

#include "cmake/precompiled/core.hpp"
#include "cmake/precompiled/tests.hpp"
