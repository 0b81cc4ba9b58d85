// CuPy's runtime module includes this header, which pip's wheels of CUDA 12's runtime and compiler don't have.
#pragma once

#include <cuda_runtime_api.h>

extern "C" cudaError_t cudaProfilerStart();
extern "C" cudaError_t cudaProfilerStop();
