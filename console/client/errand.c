/* What commands have in common that ask the network; see errand.h. */
#include "client/errand.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/output.h"

#include "client/small_worker.h"

struct config *errand_config(const struct arguments *arguments)
{
	char *errors = NULL;
	struct config *config = config_load(arguments->config, &errors);

	if (!config)
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	return config;
}

bool errand_run(struct errand *errand, void (*body)(void *arg), void *arg)
{
	bool good;

	if (!small_worker_run(body, arg))
		errand_fail(errand);
	good = errand->failure.kind == FAILURE_NONE;
	if (good)
		output_text(buffer_contents(&errand->out), stdout);
	buffer_finish(&errand->out);
	return good || fail_again(&errand->failure);
}

void errand_fail(struct errand *errand)
{
	errand->failure = *failure_last();
}

struct slice errand_address(const char *word)
{
	struct slice text = slice_of(word);

	if (slice_starts(text, SLICE("<")) && slice_ends(text, SLICE(">")))
		text = slice_part(text, 1, text.size - 2);
	return text;
}
