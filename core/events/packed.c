/* Lines packed by ourselves, unpacked by libzstd. */
#include "events/packed.h"

#include <zstd.h>

#include "base/memory.h"
#include "events/alike.h"

#define WORTH_IT 1024 /* bytes */

struct packer {
	struct frame *frame;
	size_t lines_max;
};

struct packer *packer_create(size_t lines_max)
{
	struct packer *packer = NEW(struct packer);

	packer->lines_max = lines_max;
	packer->frame = frame_create(lines_max);
	return packer;
}

struct slice packer_pack(struct packer *packer, struct slice lines)
{
	if (lines.size < WORTH_IT || lines.size > packer->lines_max)
		return SLICE_EMPTY;
	return alike_pack(packer->frame, lines);
}

void packer_destroy(struct packer **packer)
{
	if (*packer)
		frame_destroy(&(*packer)->frame);
	memory_free(*packer);
	*packer = NULL;
}

struct unpacker {
	ZSTD_DCtx *context;
	size_t size;
	char bytes[];
};

struct unpacker *unpacker_create(size_t lines_max)
{
	struct unpacker *unpacker = memory_resize(NULL, sizeof(*unpacker) + lines_max);

	unpacker->size = lines_max;
	unpacker->context = ZSTD_createDCtx();
	return unpacker;
}

struct slice unpacker_lines(struct unpacker *unpacker, struct slice packed)
{
	size_t size;

	if (!unpacker->context)
		return SLICE_EMPTY;
	size = ZSTD_decompressDCtx(unpacker->context, unpacker->bytes, unpacker->size,
		packed.at, packed.size);
	if (ZSTD_isError(size))
		return SLICE_EMPTY;
	return slice_make(unpacker->bytes, size);
}

void unpacker_destroy(struct unpacker **unpacker)
{
	if (*unpacker)
		ZSTD_freeDCtx((*unpacker)->context);
	memory_free(*unpacker);
	*unpacker = NULL;
}
