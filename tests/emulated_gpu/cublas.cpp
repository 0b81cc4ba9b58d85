// libcublas.so.12: matrix products. What CuPy names and isn't here answers CUBLAS_STATUS_NOT_SUPPORTED, by build.py.
#include "counters.h"
#include "recording.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <library_types.h>

// cublas_v2.h comes with the real library alone, which is half a gigabyte.
enum cublasStatus_t { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_NOT_INITIALIZED = 1, CUBLAS_STATUS_INVALID_VALUE = 7,
                      CUBLAS_STATUS_EXECUTION_FAILED = 13, CUBLAS_STATUS_NOT_SUPPORTED = 15 };
enum cublasOperation_t { CUBLAS_OP_N, CUBLAS_OP_T, CUBLAS_OP_C };
struct Handle {
    void* stream;
};
using cublasHandle_t = Handle*;

// Column by column, as in Fortran; two columns start `stride` elements apart.
template <class T>
struct Matrix {
    T* elements;
    int stride;
    bool transposed;

    T& operator()(int row, int column) const {
        if (transposed) {
            std::swap(row, column);
        }
        return elements[row + std::size_t(column) * stride];
    }
};

// C = alpha A B + beta C, where A has m rows, B n columns, and both k of the other. Each sum is in double, in order.
//
// What the innermost loops read lies in the order in which they read it: B by columns, and A in strips of so many rows
// that a strip stays in the cache while all of B passes by.
template <class T>
static void multiply(int m, int n, int k, T alpha, Matrix<const T> a, Matrix<const T> b, T beta, Matrix<T> c) {
    constexpr int ROWS = 32;
    std::vector<double> b_columns(std::size_t(k) * n);
    for (int column = 0; column < n; column++) {
        for (int l = 0; l < k; l++) {
            b_columns[std::size_t(column) * k + l] = b(l, column);
        }
    }
    std::vector<double> strip(std::size_t(k) * ROWS);
    for (int top = 0; top < m; top += ROWS) {
        const int rows = std::min(ROWS, m - top);
        for (int l = 0; l < k; l++) {
            for (int row = 0; row < rows; row++) {
                strip[std::size_t(l) * ROWS + row] = a(top + row, l);
            }
        }
        for (int column = 0; column < n; column++) {
            double sums[ROWS] = {};
            for (int l = 0; l < k; l++) {
                for (int row = 0; row < ROWS; row++) {
                    sums[row] += strip[std::size_t(l) * ROWS + row] * b_columns[std::size_t(column) * k + l];
                }
            }
            for (int row = 0; row < rows; row++) {
                T& element = c(top + row, column);
                const T product = alpha * static_cast<T>(sums[row]);
                element = beta == 0 ? product : product + beta * element;  // with beta 0, C may hold anything, NaN too
            }
        }
    }
}

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
    if (!may_wait_for_device()) {
        return CUBLAS_STATUS_NOT_INITIALIZED;
    }
    *handle = new Handle{nullptr};
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, void* stream) {
    handle->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void*, std::size_t) { return CUBLAS_STATUS_SUCCESS; }

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t a_operation, cublasOperation_t b_operation, int m, int n,
                            int k, const void* alpha, const void* a, cudaDataType a_type, int a_stride, const void* b,
                            cudaDataType b_type, int b_stride, const void* beta, void* c, cudaDataType c_type,
                            int c_stride, int, int) {
    const bool a_transposed = a_operation != CUBLAS_OP_N;
    const bool b_transposed = b_operation != CUBLAS_OP_N;
    if (a_stride < (a_transposed ? k : m) || b_stride < (b_transposed ? n : k) || c_stride < m) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (a_type != c_type || b_type != c_type) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    if (c_type != CUDA_R_32F && c_type != CUDA_R_64F) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    const auto multiply_as = [=](auto zero, auto alpha, auto beta) {
        using T = decltype(zero);
        const Matrix<const T> left = {static_cast<const T*>(a), a_stride, a_transposed};
        const Matrix<const T> right = {static_cast<const T*>(b), b_stride, b_transposed};
        const Matrix<T> result = {static_cast<T*>(c), c_stride, false};
        multiply(m, n, k, T(alpha), left, right, T(beta), result);
    };
    const bool single = c_type == CUDA_R_32F;
    const double factor = single ? *static_cast<const float*>(alpha) : *static_cast<const double*>(alpha);
    const double rest = single ? *static_cast<const float*>(beta) : *static_cast<const double*>(beta);
    const auto run = [=] {
        count(MATRIX_PRODUCTS);
        if (emu_idle) {
            return;
        }
        single ? multiply_as(0.0f, factor, rest) : multiply_as(0.0, factor, rest);
    };
    return run_or_record(handle->stream, run) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // extern "C"
