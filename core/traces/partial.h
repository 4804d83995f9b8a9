/* What a collector that took a request says of it: perhaps it did not take all. */
#ifndef RINGPOST_TRACES_PARTIAL_H
#define RINGPOST_TRACES_PARTIAL_H

#include <stdint.h>

#include "base/slice.h"

#define PARTIAL_WHY_SIZE 200

/*
 * {"partialSuccess":{"rejectedSpans":"3","errorMessage":"…"}}: how many of COUNT spans
 * were refused, and then *why_r. What is none refuses none.
 */
uint64_t partial_read(struct slice body, uint64_t count, char why_r[PARTIAL_WHY_SIZE]);

#endif
