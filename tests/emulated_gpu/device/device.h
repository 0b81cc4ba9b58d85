// What NVRTC knows by itself, for g++, and how a grid runs on one CPU thread. Included before every kernel.
#pragma once

#undef _FORTIFY_SOURCE  // with it, _longjmp() refuses to change to another stack

#include <assert.h>
#include <cstddef>
#include <math.h>  // as in CUDA, ::exp and the like take floats and doubles
#include <memory>
#include <setjmp.h>
#include <tuple>
#include <type_traits>
#include <ucontext.h>
#include <utility>

// -- CUDA's language --

#define __CUDACC_VER_MAJOR__ 12
#define __device__
#define __global__ static
#define __host__
#define __shared__ static  // one block runs at a time
#define __forceinline__ inline
#define __noinline__

struct dim3 {
    unsigned x, y, z;
};

static dim3 threadIdx, blockIdx, blockDim, gridDim;

// CUDA's max and min lose a NaN next to a number, as fmax and fmin do.
template <class T, class U>
static auto max(T a, U b) -> std::common_type_t<T, U> {
    if constexpr (std::is_floating_point_v<std::common_type_t<T, U>>) {
        return fmax(a, b);
    } else {
        return a > b ? a : b;
    }
}

template <class T, class U>
static auto min(T a, U b) -> std::common_type_t<T, U> {
    if constexpr (std::is_floating_point_v<std::common_type_t<T, U>>) {
        return fmin(a, b);
    } else {
        return a < b ? a : b;
    }
}

static int __popc(unsigned bits) { return __builtin_popcount(bits); }
static int __popcll(unsigned long long bits) { return __builtin_popcountll(bits); }

// -- a grid --

namespace emulated {

// How a grid's threads run.
enum Threads {
    ONE,     // alone, for a kernel whose threads share a loop: it does the whole loop
    FIBERS,  // all of a block in turn, from one __syncthreads() to the next
};

template <class Body>
static void for_each(dim3 size, const Body& body) {
    for (unsigned z = 0; z < size.z; z++) {
        for (unsigned y = 0; y < size.y; y++) {
            for (unsigned x = 0; x < size.x; x++) {
                body(dim3{x, y, z});
            }
        }
    }
}

constexpr int MAX_THREADS = 1024;
constexpr int STACK_SIZE = (64 << 10) + 320;  // were it a power of 2, all stacks would compete for the same cache lines

// A thread with a stack of its own. It is made once, and then runs a thread of each block.
struct Fiber {
    jmp_buf state;
    dim3 index;
    bool started;
    bool done;
};

static Fiber fibers[MAX_THREADS];
static char stacks[MAX_THREADS][STACK_SIZE];
static Fiber* running;
static jmp_buf scheduler;
static void (*run_thread)();

static void pause() {
    if (_setjmp(running->state) == 0) {
        _longjmp(scheduler, 1);
    }
}

static void run_fiber() {
    while (true) {
        run_thread();
        running->done = true;
        pause();
    }
}

// Let a fiber run until it pauses. Unlike swapcontext(), these jumps make no system call.
static void resume(Fiber& fiber, char* stack) {
    running = &fiber;
    threadIdx = fiber.index;
    if (_setjmp(scheduler) != 0) {
        return;  // it has paused
    }
    if (fiber.started) {
        _longjmp(fiber.state, 1);
    }
    fiber.started = true;
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&context, run_fiber, 0);
    setcontext(&context);
}

// Run the threads of a block: each round takes all of them to their next __syncthreads(), or to their end.
template <class Thread>
static void run_fibers(const Thread& thread) {
    static const Thread* the_thread;
    the_thread = &thread;
    run_thread = [] { (*the_thread)(); };
    int count = 0;
    for_each(blockDim, [&](dim3 index) {
        fibers[count].index = index;
        fibers[count].done = false;
        count++;
    });
    for (int alive = count; alive > 0;) {
        for (int i = 0; i < count; i++) {
            if (!fibers[i].done) {
                resume(fibers[i], stacks[i]);
                alive -= fibers[i].done;
            }
        }
    }
}

// CUDA hands a kernel's arguments over as pointers to them. A copy of the arguments is one block: the values, and pointers.
template <class... Types, std::size_t... I>
static std::shared_ptr<void*[]> copy(void (*)(Types...), void** arguments, std::index_sequence<I...>) {
    struct Kept {
        std::tuple<Types...> values;
        void* pointers[sizeof...(Types) + 1];
    };
    const auto kept = std::make_shared<Kept>(Kept{{*static_cast<Types*>(arguments[I])...}, {}});
    ((kept->pointers[I] = &std::get<I>(kept->values)), ...);
    return std::shared_ptr<void*[]>(kept, kept->pointers);
}

template <class... Types>
static std::shared_ptr<void*[]> copy(void (*kernel)(Types...), void** arguments) {
    return copy(kernel, arguments, std::index_sequence_for<Types...>());
}

template <class... Types, std::size_t... I>
static void call(void (*kernel)(Types...), void** arguments, std::index_sequence<I...>) {
    kernel(*static_cast<Types*>(arguments[I])...);
}

template <class... Types>
static void run(void (*kernel)(Types...), void** arguments, const unsigned* grid, const unsigned* block,
                Threads threads) {
    const auto thread = [=] { call(kernel, arguments, std::index_sequence_for<Types...>()); };
    if (threads == ONE) {
        gridDim = blockDim = {1, 1, 1};
        thread();
        return;
    }
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    for_each(gridDim, [&](dim3 index) {
        blockIdx = index;
        run_fibers(thread);
    });
}

}  // namespace emulated

static void __syncthreads() { emulated::pause(); }

// The functions by which the driver runs a kernel, and keeps its arguments for later.
#define EMULATED_KERNEL(name, threads)                                                          \
    extern "C" void run_##name(void** arguments, const unsigned* grid, const unsigned* block) { \
        emulated::run(name, arguments, grid, block, emulated::threads);                         \
    }                                                                                           \
    extern "C" std::shared_ptr<void*[]> copy_##name(void** arguments) {                         \
        return emulated::copy(name, arguments);                                                 \
    }
