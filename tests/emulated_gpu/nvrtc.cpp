// libnvrtc.so.12: compiles a kernel twice: by NVIDIA's own NVRTC, which shows that it is CUDA, and by g++, to run here.
//
// The shared object that g++ makes is returned where NVRTC would return a cubin. build.py sets REAL_NVRTC, the path of
// NVIDIA's library, and DEVICE_HEADERS, a folder.
#include "files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <nvrtc.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

// CUDA's own type is a pointer to a struct that it doesn't show; this is ours.
struct _nvrtcProgram {
    nvrtcProgram real;
    std::string source;
    std::string cubin;
    std::string log;  // of what the real one has no part in
};

static void* real_function(const char* name) {
    static void* library = dlopen(REAL_NVRTC, RTLD_NOW | RTLD_LOCAL);
    void* function = library ? dlsym(library, name) : nullptr;
    if (!function) {
        std::fprintf(stderr, "emulated GPU: %s\n", dlerror());
        std::abort();
    }
    return function;
}

#define REAL(function) reinterpret_cast<decltype(&function)>(real_function(#function))

// Run a program, its errors written to a file; whether it ended well.
static bool run(std::vector<std::string> command, const std::string& errors) {
    std::vector<char*> arguments;
    for (std::string& argument : command) {
        arguments.push_back(argument.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT, 0600);
    pid_t process;
    const int error = posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
        throw std::system_error(error, std::generic_category(), arguments[0]);
    }
    int status;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0;
}

static bool starts_with(std::string_view text, std::string_view beginning) {
    return text.substr(0, beginning.size()) == beginning;
}

// The program for g++: its kernels without `extern "C"`, for `__global__` is `static` there; and for each of them the
// function by which the driver runs it.
static std::string for_the_host(const std::string& source) {
    static const std::regex kernel(R"(extern\s+"C"\s+__global__\s+void\s+(\w+)\s*\()");
    const bool loops = source.find("CUPY_FOR(") != std::string::npos;  // over all elements, in strides
    const bool waits = source.find("__syncthreads") != std::string::npos;
    const std::string threads = loops && !waits ? "ONE" : "FIBERS";
    std::set<std::string> names;
    for (std::sregex_iterator found(source.begin(), source.end(), kernel), end; found != end; ++found) {
        names.insert(found->str(1));
    }
    std::string result = std::regex_replace(source, kernel, "__global__ void $1(");
    for (const std::string& name : names) {
        result += "\nEMULATED_KERNEL(" + name + ", " + threads + ")";
    }
    return result + "\n";
}

static void compile_for_the_host(nvrtcProgram program, const std::vector<std::string>& options) {
    const TemporaryFolder folder;
    const std::string source = folder.file("kernel.cpp");
    const std::string object = folder.file("kernel.so");
    const std::string errors = folder.file("errors.txt");
    write_file(source, for_the_host(program->source));
    // What build.py compiles the header with, or g++ would read its text instead.
    std::vector<std::string> command = {"g++", "-std=c++17", "-O2", "-fPIC", "-shared", "-Wl,-z,defs", "-w"};
    command.insert(command.end(), {"-include", DEVICE_HEADERS "/device.h", "-I", DEVICE_HEADERS});
    for (const std::string& option : options) {
        if (starts_with(option, "-I") || starts_with(option, "-D")) {
            command.push_back(option);
        }
    }
    command.insert(command.end(), {source, "-o", object});
    if (!run(command, errors)) {
        throw std::runtime_error("g++ on what NVRTC has compiled:\n" + read_file(errors));
    }
    program->cubin = read_file(object);
}

extern "C" {

const char* nvrtcGetErrorString(nvrtcResult result) { return REAL(nvrtcGetErrorString)(result); }

nvrtcResult nvrtcVersion(int* major, int* minor) { return REAL(nvrtcVersion)(major, minor); }

nvrtcResult nvrtcCreateProgram(nvrtcProgram* program, const char* source, const char* name, int headers,
                               const char* const* contents, const char* const* names) {
    *program = new _nvrtcProgram{nullptr, source, "", ""};
    return REAL(nvrtcCreateProgram)(&(*program)->real, source, name, headers, contents, names);
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program) {
    const nvrtcResult result = REAL(nvrtcDestroyProgram)(&(*program)->real);
    delete *program;
    *program = nullptr;
    return result;
}

// Only a kernel that is extern "C" is called by its name.
nvrtcResult nvrtcAddNameExpression(nvrtcProgram program, const char*) {
    program->log = "the emulated GPU has no kernels that are templates";
    return NVRTC_ERROR_INVALID_INPUT;
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char* const* options) {
    if (const nvrtcResult error = REAL(nvrtcCompileProgram)(program->real, count, options)) {
        return error;
    }
    const auto asks_for_cubin = [](const char* option) { return starts_with(option, "-arch=sm_"); };
    try {
        if (std::any_of(options, options + count, asks_for_cubin)) {
            compile_for_the_host(program, {options, options + count});
        }
    } catch (const std::exception& error) {
        program->log = error.what();
        return NVRTC_ERROR_COMPILATION;
    }
    return NVRTC_SUCCESS;
}

// CuPy asks for PTX only to learn from its comments which NVRTC this is.
nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, size_t* size) { return REAL(nvrtcGetPTXSize)(program->real, size); }

nvrtcResult nvrtcGetPTX(nvrtcProgram program, char* ptx) { return REAL(nvrtcGetPTX)(program->real, ptx); }

nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t* size) {
    *size = program->cubin.size() + 1;  // CuPy drops the last byte
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* cubin) {
    std::memcpy(cubin, program->cubin.c_str(), program->cubin.size() + 1);
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t* size) {
    if (program->log.empty()) {
        return REAL(nvrtcGetProgramLogSize)(program->real, size);
    }
    *size = program->log.size() + 1;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char* log) {
    if (program->log.empty()) {
        return REAL(nvrtcGetProgramLog)(program->real, log);
    }
    std::memcpy(log, program->log.c_str(), program->log.size() + 1);
    return NVRTC_SUCCESS;
}

}  // extern "C"
