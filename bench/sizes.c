/* Sizes of messages, chosen by weight, as a command line names them. */
#include "bench/sizes.h"

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"

#define SIZE_MAX_BYTES (1ull << 31)

bool sizes_read(struct sizes *sizes, const char *list)
{
	struct slice rest = slice_of(list);

	do {
		struct slice item = slice_cut(&rest, ',');
		uint64_t weight = mix_take_weight(&item), size;

		if (!amount_read_size(item, &size) || size > SIZE_MAX_BYTES)
			return fail(FAILURE_CONFIG,
				"--size: \"%.*s\" is not a size up to 2g; 4k:9,64k:1 "
				"is two with weights",
				SLICE_PRINT(item));
		if (!mix_add(&sizes->mix, weight))
			return fail_in("--size");
		sizes->at = memory_resize(
			sizes->at, sizes->mix.count * sizeof(*sizes->at));
		sizes->at[sizes->mix.count - 1] = size;
	} while (rest.at);
	return true;
}

uint64_t sizes_pick(const struct sizes *sizes, uint64_t chance)
{
	return sizes->at[mix_pick(&sizes->mix, chance)];
}

void sizes_finish(struct sizes *sizes)
{
	mix_finish(&sizes->mix);
	memory_free(sizes->at);
	sizes->at = NULL;
}
