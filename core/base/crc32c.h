/* CRC32C (Castagnoli, RFC 9260 appendix A): what guards records on disk. */
#ifndef RINGPOST_BASE_CRC32C_H
#define RINGPOST_BASE_CRC32C_H

#include <stdint.h>

#include "base/slice.h"

/* Of BYTES behind those that gave CRC; 0 to begin. */
uint32_t crc32c(uint32_t crc, struct slice bytes);

#endif
