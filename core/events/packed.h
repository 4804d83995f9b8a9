/*
 * Lines of events, packed (zstd) for the stream: what Redis copies, keeps and writes
 * down costs by the byte, and lines are much alike.
 */
#ifndef RINGPOST_EVENTS_PACKED_H
#define RINGPOST_EVENTS_PACKED_H

#include <stddef.h>

#include "base/slice.h"

struct packer;

/* For lines of LINES_MAX bytes together, at the most. */
struct packer *packer_create(size_t lines_max);
/* LINES packed, valid until the next call; empty: they are too few to be worth it. */
struct slice packer_pack(struct packer *packer, struct slice lines);
void packer_destroy(struct packer **packer);

struct unpacker;

struct unpacker *unpacker_create(size_t lines_max);
/* The lines, valid until the next call; empty: PACKED is damaged, or has more. */
struct slice unpacker_lines(struct unpacker *unpacker, struct slice packed);
void unpacker_destroy(struct unpacker **unpacker);

#endif
