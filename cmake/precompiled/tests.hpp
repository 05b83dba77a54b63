// GoogleTest and GoogleMock beside the standard library.
#pragma once

#include "cmake/precompiled/std.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
