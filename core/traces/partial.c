/* Successes in part (the OTLP specification, OTLP/HTTP response). */
#include "traces/partial.h"

#include <jansson.h>
#include <stdio.h>

#define SAID_MAX 120

/* A number of 64 bits is a string, but a number will do. */
static uint64_t read_count(const json_t *value)
{
	uint64_t count = 0;

	if (json_is_integer(value))
		return json_integer_value(value) > 0
			       ? (uint64_t)json_integer_value(value)
			       : 0;
	if (json_is_string(value) &&
		!slice_to_u64(slice_of(json_string_value(value)), &count))
		count = 0;
	return count;
}

uint64_t partial_read(struct slice body, uint64_t count, char why_r[PARTIAL_WHY_SIZE])
{
	json_t *root = json_loadb(body.at, body.size, 0, NULL);
	json_t *part = json_object_get(root, "partialSuccess");
	const char *said = json_string_value(json_object_get(part, "errorMessage"));
	uint64_t refused = read_count(json_object_get(part, "rejectedSpans"));

	if (refused)
		snprintf(why_r, PARTIAL_WHY_SIZE, "it refused some: %.*s", SAID_MAX,
			said ? said : "it does not say why");
	json_decref(root);
	return refused < count ? refused : count;
}
