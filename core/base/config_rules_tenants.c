/* Rules about tenants and streams: each name once; the streams built in. */
#include "base/config_reading.h"

#include <stdlib.h>

#include "base/map.h"

#define TRANSACTIONAL "transactional"
#define BULK	      "bulk"

static void check_tenants(struct config_reading *reading);
static void check_streams(struct config_reading *reading);
static void build_in(struct config_reading *reading);
static void check_stream_names(struct config_reading *reading);
static void check_submission_stream(struct config_reading *reading, char *const *name);
static void sort_tenants(struct config_reading *reading);
static void say_again(struct config_reading *reading, struct config_mark mark,
	const char *what, const char *name, unsigned line);

void config_read_tenant_rules(struct config_reading *reading)
{
	struct config *config = reading->config;

	check_tenants(reading);
	check_streams(reading);
	if (!config_reading_written(reading, &config->streams))
		build_in(reading);
	check_stream_names(reading);
	check_submission_stream(reading, &reading->config->submission.default_stream);
	check_submission_stream(reading, &reading->config->submission.bulk_stream);
	sort_tenants(reading);
}

static void say_again(struct config_reading *reading, struct config_mark mark,
	const char *what, const char *name, unsigned line)
{
	config_error(reading->errors, mark,
		"%s \"%s\" again; allowed: once, and line %u has it", what, name, line);
}

static void check_tenants(struct config_reading *reading)
{
	const struct config *config = reading->config;
	struct map seen = {0};

	for (size_t i = 0; i < config->tenant_count; i++) {
		struct config_tenant *tenant = &config->tenants[i];
		const struct config_tenant *other;

		if (!tenant->name)
			continue;
		other = map_set(&seen, slice_of(tenant->name), tenant);
		if (other)
			say_again(reading, tenant->mark, "tenant", tenant->name,
				other->mark.line);
	}
	map_finish(&seen);
}

static void check_streams(struct config_reading *reading)
{
	const struct config *config = reading->config;
	struct map seen = {0};

	for (size_t i = 0; i < config->stream_count; i++) {
		struct config_stream *stream = &config->streams[i];
		const struct config_stream *other;

		if (!stream->name)
			continue;
		other = map_set(&seen, slice_of(stream->name), stream);
		if (other)
			say_again(reading, stream->mark, "stream", stream->name,
				other->mark.line);
	}
	map_finish(&seen);
}

static void build_in(struct config_reading *reading)
{
	struct config *config = reading->config;
	struct config_stream *list = arena_take_array(reading->arena, 2, sizeof(*list));

	list[0] = (struct config_stream){.urgent = true, .weight = CONFIG_WEIGHT};
	list[0].name = arena_copy_text(reading->arena, SLICE(TRANSACTIONAL));
	list[1] = (struct config_stream){.weight = CONFIG_WEIGHT};
	list[1].name = arena_copy_text(reading->arena, SLICE(BULK));
	config->streams = list;
	config->stream_count = 2;
}

static void check_stream_names(struct config_reading *reading)
{
	const struct config *config = reading->config;

	for (size_t i = 0; i < config->tenant_count; i++) {
		const struct config_tenant *tenant = &config->tenants[i];

		if (!tenant->stream ||
			config_stream_find(config, slice_of(tenant->stream)))
			continue;
		config_error(reading->errors,
			config_reading_mark(reading, &tenant->stream, tenant->mark),
			"stream: \"%s\" is not known; allowed: a name in the list "
			"\"streams\" of the top level, or without such a list "
			"\"" TRANSACTIONAL "\" or \"" BULK "\"",
			tenant->stream);
	}
}

/* One that was not asked for is no error where the streams are others. */
static void check_submission_stream(struct config_reading *reading, char *const *name)
{
	if (!*name || !**name || !config_reading_written(reading, name) ||
		config_stream_find(reading->config, slice_of(*name)))
		return;
	config_error(reading->errors,
		config_reading_mark(reading, name, (struct config_mark){1, 1}),
		"stream \"%s\" is not known; allowed: a name in the list \"streams\" "
		"of "
		"the top level, or without such a list \"" TRANSACTIONAL "\" or \"" BULK
		"\", or \"\" for none",
		*name);
}

static int by_name(const void *a, const void *b)
{
	const struct config_tenant *const *left = a, *const *right = b;

	return slice_compare(slice_of((*left)->name), slice_of((*right)->name));
}

static void sort_tenants(struct config_reading *reading)
{
	struct config *config = reading->config;
	size_t count = 0;

	config->tenants_by_name = arena_take_array(
		reading->arena, config->tenant_count, sizeof(*config->tenants_by_name));
	for (size_t i = 0; i < config->tenant_count; i++)
		if (config->tenants[i].name)
			config->tenants_by_name[count++] = &config->tenants[i];
	config->tenants_by_name_count = count;
	if (count)
		qsort(config->tenants_by_name, count, sizeof(*config->tenants_by_name),
			by_name);
}

static int compare_name(const void *name, const void *tenant)
{
	const struct config_tenant *const *found = tenant;

	return slice_compare(*(const struct slice *)name, slice_of((*found)->name));
}

const struct config_tenant *config_tenant_find(
	const struct config *config, struct slice name)
{
	const struct config_tenant *const *found = NULL;

	if (config->tenants_by_name_count && name.size)
		found = bsearch(&name, config->tenants_by_name,
			config->tenants_by_name_count, sizeof(*config->tenants_by_name),
			compare_name);
	return found ? *found : NULL;
}

const struct config_stream *config_stream_find(
	const struct config *config, struct slice name)
{
	for (size_t i = 0; i < config->stream_count && name.size; i++)
		if (config->streams[i].name &&
			slice_equal(slice_of(config->streams[i].name), name))
			return &config->streams[i];
	return NULL;
}
