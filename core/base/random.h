/* Randomness from the kernel's generator, a link-time seam (see clock.h). */
#ifndef RINGPOST_BASE_RANDOM_H
#define RINGPOST_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills AT; safe for keys and nonces. Buffered per thread, so cheap. */
void random_fill(void *at, size_t size);
uint64_t random_u64(void);
/* Uniform in 0 … bound-1; bound must not be 0. */
uint64_t random_below(uint64_t bound);

#endif
