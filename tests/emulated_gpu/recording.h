// A stream that is being captured: what is called on it is noted, and run when the graph is launched.
#pragma once

#include <functional>
#include <vector>

using Calls = std::vector<std::function<void()>>;

// Both live in driver.cpp. Each thread captures one stream at a time.
extern "C" thread_local Calls* emu_recorded;  // null while none is
extern "C" thread_local void* emu_recorded_stream;

// Run a call, or note it. False for one on another stream, which a real device runs at once or refuses: that it isn't in
// the graph is a mistake in either case.
template <class Call>
bool run_or_record(void* stream, Call call) {
    if (!emu_recorded) {
        call();
        return true;
    }
    if (stream != emu_recorded_stream) {
        return false;
    }
    emu_recorded->push_back(call);
    return true;
}
