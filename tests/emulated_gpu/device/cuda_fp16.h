// CuPy's headers name float16, which isn't emulated: a kernel that uses it doesn't link, for nothing here is defined.
#pragma once

struct __half_raw {
    unsigned short x;
};

struct half {
    half() = default;
    half(const __half_raw&);
    template <class T>
    explicit half(T);
    operator float() const;
    operator __half_raw() const;
};

unsigned short __half_as_ushort(half);
half __ushort_as_half(unsigned short);
