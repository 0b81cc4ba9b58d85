// A stream that is being captured: what is called on it is noted, and run when the graph is launched.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

using Calls = std::vector<std::function<void()>>;

// All live in driver.cpp. Each thread captures one stream at a time.
extern "C" thread_local Calls* emu_recorded;  // null while none is
extern "C" thread_local void* emu_recorded_stream;
extern "C" thread_local long emu_recorded_since;  // emu_waits, as it was then
extern "C" std::atomic<int> emu_recording;        // how many threads capture one
extern "C" std::atomic<long> emu_waits;           // how often somebody has waited for the whole device meanwhile

// False, and the end of all captures, while there are any.
inline bool may_wait_for_device() {
    if (!emu_recording) {
        return true;
    }
    emu_waits++;
    return false;
}

// Run a call, or note it. False where the capture has been ended, and for a call on another stream, which a real device
// runs at once or refuses: that it isn't in the graph is a mistake in either case.
template <class Call>
bool run_or_record(void* stream, Call call) {
    if (!emu_recorded) {
        call();
        return true;
    }
    if (stream != emu_recorded_stream || emu_waits != emu_recorded_since) {
        return false;
    }
    emu_recorded->push_back(call);
    return true;
}
