// GoogleTest and GoogleMock beside the core, for all tests.
#pragma once

#include "cmake/precompiled/core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
