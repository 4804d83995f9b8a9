/* Lines packed and unpacked, by libzstd. */
#include "events/packed.h"

#include <zstd.h>

#include "base/memory.h"

#define LEVEL	 (-1)
#define WORTH_IT 1024 /* bytes */

struct packer {
	ZSTD_CCtx *context;
	size_t size;
	char bytes[];
};

struct packer *packer_create(size_t lines_max)
{
	size_t size = ZSTD_compressBound(lines_max);
	struct packer *packer = memory_resize(NULL, sizeof(*packer) + size);

	packer->size = size;
	packer->context = ZSTD_createCCtx();
	if (packer->context)
		ZSTD_CCtx_setParameter(packer->context, ZSTD_c_compressionLevel, LEVEL);
	return packer;
}

struct slice packer_pack(struct packer *packer, struct slice lines)
{
	size_t size;

	if (!packer->context || lines.size < WORTH_IT)
		return SLICE_EMPTY;
	size = ZSTD_compress2(
		packer->context, packer->bytes, packer->size, lines.at, lines.size);
	if (ZSTD_isError(size) || size >= lines.size)
		return SLICE_EMPTY;
	return slice_make(packer->bytes, size);
}

void packer_destroy(struct packer **packer)
{
	if (*packer)
		ZSTD_freeCCtx((*packer)->context);
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
