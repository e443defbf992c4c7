#pragma once

// Compiles the marked function once per generation of x86-64 vector units; the program picks one when it
// starts. Code inlined into the function is compiled with it. (The sanitizers' start-up does not survive such
// a choice.)
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PRIORSEG_CPU_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PRIORSEG_CPU_CLONES
#endif

// A function that a clone must take in, so that it is compiled for the clone's vector unit.
#if defined(__GNUC__)
#define PRIORSEG_INLINE __attribute__((always_inline)) inline
#else
#define PRIORSEG_INLINE inline
#endif
