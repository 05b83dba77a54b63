// GoogleTest and GoogleMock beside the standard library.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cmake/precompiled/std.hpp"
