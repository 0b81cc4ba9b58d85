// What has happened on the device, counted by all three libraries and read by tests: README.md shows how.
#pragma once

#include <atomic>

enum Counter {
    LAUNCHES,
    HOST_TO_DEVICE,
    DEVICE_TO_HOST,
    DEVICE_TO_DEVICE,
    ALLOCATIONS,
    MATRIX_PRODUCTS,
    SYNCHRONISATIONS,
    MEMSETS,
    COUNTERS,
};

extern "C" std::atomic<long> emu_stats[COUNTERS];  // lives in driver.cpp

static_assert(sizeof(std::atomic<long>) == sizeof(long), "Python reads them as plain longs");

// Set by whoever wants to know what the calls cost the host: kernels and products are counted, but not run.
extern "C" int emu_idle;  // lives in driver.cpp

inline void count(Counter what) { emu_stats[what]++; }
