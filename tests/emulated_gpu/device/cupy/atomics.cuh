// CuPy's own header needs CUDA's atomic operations, which aren't emulated.
#pragma once
