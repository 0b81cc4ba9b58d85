// The CUDA runtime, linked into CuPy's own module of it: one device, which is done with each call when it returns, and
// whose memory is the host's. What CuPy calls and isn't here answers cudaErrorNotSupported, by build.py.
#include "counters.h"
#include "recording.h"

#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <cuda_runtime_api.h>

static constexpr size_t MEMORY = size_t{4} << 30;
static constexpr size_t ALIGNMENT = 512;   // as CUDA's own
static constexpr int NOT_A_NUMBER = 0xFF;  // for every byte of a float
static constexpr int COMPUTE_CAPABILITY = 80;

// The device's memory: parts of the host's, which it knows apart.
class Memory {
public:
    void* allocate(size_t size) {
        const std::lock_guard lock(mutex);
        void* start;
        if (size > left || posix_memalign(&start, ALIGNMENT, size)) {
            return nullptr;
        }
        std::memset(start, NOT_A_NUMBER, size);  // what is read before it is written shows
        sizes[static_cast<char*>(start)] = size;
        left -= size;
        return start;
    }

    void release(void* start) {
        const std::lock_guard lock(mutex);
        if (const auto found = sizes.find(static_cast<char*>(start)); found != sizes.end()) {
            left += found->second;
            sizes.erase(found);
            std::free(start);
        }
    }

    bool holds(const void* pointer) {
        const std::lock_guard lock(mutex);
        const auto next = sizes.upper_bound(static_cast<const char*>(pointer));
        if (next == sizes.begin()) {
            return false;
        }
        const auto& [start, size] = *std::prev(next);
        return pointer < start + size;
    }

    size_t free() {
        const std::lock_guard lock(mutex);
        return left;
    }

private:
    std::mutex mutex;
    std::map<const char*, size_t> sizes;  // by where they start
    size_t left = MEMORY;
};

static Memory& device_memory() {
    static Memory& memory = *new Memory;  // never destroyed: CuPy frees arrays until the process ends
    return memory;
}

// The direction is taken from where the memory lies; one that was named must agree.
static cudaError_t copy(void* to, const void* from, size_t size, cudaMemcpyKind kind) {
    const bool to_device = device_memory().holds(to);
    const bool from_device = device_memory().holds(from);
    const bool host_is_read = kind == cudaMemcpyHostToHost || kind == cudaMemcpyHostToDevice;
    const bool host_is_written = kind == cudaMemcpyHostToHost || kind == cudaMemcpyDeviceToHost;
    if (kind != cudaMemcpyDefault && (to_device == host_is_written || from_device == host_is_read)) {
        return cudaErrorInvalidMemcpyDirection;
    }
    if (from_device) {
        count(to_device ? DEVICE_TO_DEVICE : DEVICE_TO_HOST);
    } else if (to_device) {
        count(HOST_TO_DEVICE);
    }
    std::memmove(to, from, size);
    return cudaSuccess;
}

// -- the device --

// CUDA reads the variable once, as a list that ends at the first device that isn't there.
static cudaError_t device_is_visible() {
    static const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    static const std::string first = visible ? std::string(visible, std::strcspn(visible, ",")) : "0";
    return first == "0" ? cudaSuccess : cudaErrorNoDevice;
}

static cudaError_t check(int device) { return device == 0 ? device_is_visible() : cudaErrorInvalidDevice; }

extern "C" {

const char* cudaGetErrorName(cudaError_t error) {
    switch (error) {
        case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
        case cudaErrorInvalidMemcpyDirection: return "cudaErrorInvalidMemcpyDirection";
        case cudaErrorNoDevice: return "cudaErrorNoDevice";
        case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
        case cudaErrorNotSupported: return "cudaErrorNotSupported";
        default: return "cudaErrorUnknown";
    }
}

const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaErrorMemoryAllocation: return "out of memory";
        case cudaErrorInvalidMemcpyDirection: return "invalid copy direction for memcpy";
        case cudaErrorNoDevice: return "no CUDA-capable device is detected";
        case cudaErrorInvalidDevice: return "invalid device ordinal";
        case cudaErrorNotSupported: return "the emulated GPU doesn't have this function";
        default: return "unknown error";
    }
}

cudaError_t cudaGetLastError() { return cudaSuccess; }

cudaError_t cudaDriverGetVersion(int* version) {
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* devices) {
    *devices = 1;
    return device_is_visible();
}

cudaError_t cudaGetDevice(int* device) {
    *device = 0;
    return device_is_visible();
}

cudaError_t cudaSetDevice(int device) { return check(device); }

cudaError_t cudaDeviceSynchronize() {
    if (!may_wait_for_device()) {
        return cudaErrorStreamCaptureUnsupported;
    }
    count(SYNCHRONISATIONS);
    return device_is_visible();
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    *properties = {};
    std::strcpy(properties->name, "emulated GPU");
    properties->totalGlobalMem = MEMORY;
    properties->major = COMPUTE_CAPABILITY / 10;
    properties->minor = COMPUTE_CAPABILITY % 10;
    properties->multiProcessorCount = 8;
    properties->warpSize = 32;
    properties->maxThreadsPerBlock = 1024;
    properties->sharedMemPerBlock = 48 << 10;
    return check(device);
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    switch (attribute) {
        case cudaDevAttrComputeCapabilityMajor: *value = COMPUTE_CAPABILITY / 10; break;
        case cudaDevAttrComputeCapabilityMinor: *value = COMPUTE_CAPABILITY % 10; break;
        default: *value = 0;
    }
    return check(device);
}

// -- memory --

cudaError_t cudaMalloc(void** start, size_t size) {
    if (const cudaError_t error = device_is_visible()) {
        return error;
    }
    count(ALLOCATIONS);
    *start = device_memory().allocate(size);
    return *start ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaFree(void* start) {
    device_memory().release(start);
    return cudaSuccess;
}

cudaError_t cudaHostAlloc(void** start, size_t size, unsigned) {
    return posix_memalign(start, ALIGNMENT, size) ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeHost(void* start) {
    std::free(start);
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
    *free = device_memory().free();
    *total = MEMORY;
    return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
    *attributes = {};
    attributes->type = device_memory().holds(pointer) ? cudaMemoryTypeDevice : cudaMemoryTypeUnregistered;
    attributes->devicePointer = const_cast<void*>(pointer);
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t size, cudaMemcpyKind kind) {
    return copy(to, from, size, kind);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t size, cudaMemcpyKind kind, cudaStream_t stream) {
    if (!emu_recorded) {
        return copy(to, from, size, kind);
    }
    const bool recorded = run_or_record(stream, [=] { copy(to, from, size, kind); });
    return recorded ? cudaSuccess : cudaErrorStreamCaptureImplicit;
}

cudaError_t cudaMemset(void* start, int value, size_t size) {
    count(MEMSETS);
    std::memset(start, value, size);
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* start, int value, size_t size, cudaStream_t stream) {
    const bool recorded = run_or_record(stream, [=] { cudaMemset(start, value, size); });
    return recorded ? cudaSuccess : cudaErrorStreamCaptureImplicit;
}

// -- streams and events: whatever they stand for has been done --

cudaError_t cudaStreamSynchronize(cudaStream_t) {
    if (emu_recorded) {
        return cudaErrorStreamCaptureUnsupported;
    }
    count(SYNCHRONISATIONS);
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
    *stream = reinterpret_cast<cudaStream_t>(new char);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    delete reinterpret_cast<char*>(stream);
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
    const bool captured = emu_recorded && stream == emu_recorded_stream;
    *status = captured ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    return cudaSuccess;
}

// -- graphs: a list of calls; what is instantiated is the same list --

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    if (emu_recorded || !stream) {
        return cudaErrorStreamCaptureUnsupported;
    }
    emu_recorded = new Calls;
    emu_recorded_stream = stream;
    emu_recorded_since = emu_waits;
    emu_recording++;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    if (stream != emu_recorded_stream) {
        return cudaErrorStreamCaptureUnmatched;
    }
    emu_recording--;
    *graph = reinterpret_cast<cudaGraph_t>(std::exchange(emu_recorded, nullptr));
    return emu_waits == emu_recorded_since ? cudaSuccess : cudaErrorStreamCaptureInvalidated;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* runnable, cudaGraph_t graph, unsigned long long) {
    *runnable = reinterpret_cast<cudaGraphExec_t>(new Calls(*reinterpret_cast<Calls*>(graph)));
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t runnable, cudaStream_t) {
    for (const auto& call : *reinterpret_cast<Calls*>(runnable)) {
        call();
    }
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete reinterpret_cast<Calls*>(graph);
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t runnable) {
    delete reinterpret_cast<Calls*>(runnable);
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
    static char the_event;
    *event = reinterpret_cast<cudaEvent_t>(&the_event);
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }

cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }

cudaError_t cudaEventQuery(cudaEvent_t) { return cudaSuccess; }

}  // extern "C"
