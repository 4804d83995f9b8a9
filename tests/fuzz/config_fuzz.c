/*
 * Configuration files: each gives a whole snapshot, or a list of errors with a
 * place each.
 */
#include "base/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define NAME "fuzz.yaml"

static void check_errors(const char *errors)
{
	size_t lines = 0;

	HOLD(errors && *errors);
	for (const char *line = errors; *line; lines++) {
		const char *end = strchr(line, '\n');

		HOLD(end && strncmp(line, NAME ":", strlen(NAME ":")) == 0);
		for (const char *c = line; c < end; c++)
			HOLD((unsigned char)*c >= ' ' && *c != 0x7f);
		line = end + 1;
	}
	HOLD(lines > 0 && lines <= 102);
}

static void check_config(const struct config *config)
{
	struct config_mark mark = config_mark_of(config, &config->hostname);
	char place[CONFIG_PLACE_SIZE];

	HOLD(config->hostname && *config->hostname && mark.line > 0);
	HOLD(strlen(config_place(config, mark, place)) < sizeof(place));
	HOLD(config->state_directory[0] == '/');
	HOLD(config->queue.shards >= 1 && config->queue.shards <= 4096);
	HOLD(config->relay.retry_count > 0 && config->relay.expire_ms > 0);
	for (size_t i = 0; i < config->listener_count; i++)
		HOLD(config->listeners[i].address && *config->listeners[i].address);
	for (size_t i = 0; i < config->tls_count; i++)
		HOLD(config->tls[i].certificate && config->tls[i].key);
	for (size_t i = 0; i < config->route_count; i++)
		HOLD(config->routes[i].domain && *config->routes[i].domain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *errors = NULL;
	struct config *config = config_parse_text(
		NAME, slice_make(data, size), &errors);

	if (config) {
		HOLD(!errors);
		check_config(config);
	} else {
		check_errors(errors);
	}
	memory_free(errors);
	config_release(&config);
	return 0;
}
