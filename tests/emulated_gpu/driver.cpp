// libcuda.so.1: loads the kernels that nvrtc.cpp has made into shared objects, and calls them.
#include "counters.h"
#include "files.h"
#include "recording.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <cuda.h>
#include <dlfcn.h>
#include <elf.h>

std::atomic<long> emu_stats[COUNTERS];
int emu_idle = 0;
thread_local Calls* emu_recorded = nullptr;
thread_local void* emu_recorded_stream = nullptr;
thread_local long emu_recorded_since = 0;
std::atomic<int> emu_recording = 0;
std::atomic<long> emu_waits = 0;

// What device.h makes of each kernel.
using Run = void (*)(void** arguments, const unsigned* grid, const unsigned* block);
using Copy = std::shared_ptr<void*[]> (*)(void** arguments);

// CUDA's own type is a pointer to a struct that it doesn't show; this is ours.
struct CUfunc_st {
    Run run;
    Copy copy;  // of the arguments, which the caller owns
};

static constexpr unsigned MAX_THREADS_PER_BLOCK = 1024;

// An ELF file's section headers are its end.
static std::string_view elf_file(const void* image) {
    const auto* header = static_cast<const Elf64_Ehdr*>(image);
    if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return {};
    }
    return {static_cast<const char*>(image), header->e_shoff + header->e_shnum * header->e_shentsize};
}

static CUresult load(CUmodule* module, const void* image) {
    const std::string_view content = elf_file(image);
    if (content.empty()) {
        return CUDA_ERROR_INVALID_IMAGE;
    }
    // A name that is never used again: dlopen takes a second file of the same name for the first one.
    const TemporaryFolder folder;
    const std::string path = folder.file("kernel.so");
    write_file(path, content);
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        std::fprintf(stderr, "emulated GPU: %s\n", dlerror());
        return CUDA_ERROR_INVALID_IMAGE;
    }
    *module = reinterpret_cast<CUmodule>(library);
    return CUDA_SUCCESS;
}

extern "C" {

// -- errors --

CUresult cuGetErrorName(CUresult error, const char** name) {
    switch (error) {
        case CUDA_ERROR_INVALID_IMAGE: *name = "CUDA_ERROR_INVALID_IMAGE"; break;
        case CUDA_ERROR_INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
        case CUDA_ERROR_NOT_FOUND: *name = "CUDA_ERROR_NOT_FOUND"; break;
        case CUDA_ERROR_STREAM_CAPTURE_IMPLICIT: *name = "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT"; break;
        default: *name = "CUDA_ERROR_UNKNOWN";
    }
    return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult, const char** text) {
    *text = "from the emulated GPU's driver";
    return CUDA_SUCCESS;
}

// -- modules and kernels --

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
    try {
        return load(module, image);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "emulated GPU: %s\n", error.what());
        return CUDA_ERROR_UNKNOWN;
    }
}

CUresult cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }  // CuPy keeps its modules to the end

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
    void* run = dlsym(module, (std::string("run_") + name).c_str());
    void* copy = dlsym(module, (std::string("copy_") + name).c_str());
    if (!run || !copy) {
        return CUDA_ERROR_NOT_FOUND;
    }
    *function = new CUfunc_st{reinterpret_cast<Run>(run), reinterpret_cast<Copy>(copy)};
    return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                        unsigned block_y, unsigned block_z, unsigned, CUstream stream, void** arguments, void**) {
    const std::array grid = {grid_x, grid_y, grid_z};
    const std::array block = {block_x, block_y, block_z};
    const size_t blocks = size_t{grid_x} * grid_y * grid_z;
    const size_t threads = size_t{block_x} * block_y * block_z;
    if (blocks == 0 || threads == 0 || threads > MAX_THREADS_PER_BLOCK) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    const auto run = [=](void** arguments) {
        static std::mutex one_at_a_time;  // a kernel's threadIdx is a plain variable
        const std::lock_guard lock(one_at_a_time);
        count(LAUNCHES);
        if (!emu_idle) {
            function->run(arguments, grid.data(), block.data());
        }
    };
    if (!emu_recorded) {
        run(arguments);
        return CUDA_SUCCESS;
    }
    const std::shared_ptr<void*[]> kept = function->copy(arguments);
    return run_or_record(stream, [=] { run(kept.get()); }) ? CUDA_SUCCESS : CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
}

}  // extern "C"
