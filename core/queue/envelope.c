/* Flows: the tenant, stream and priority of an envelope as one text, and back. */
#include "queue/envelope.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool flow_name_is_valid(struct slice name, size_t most)
{
	if (name.size == 0 || name.size > most)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];

		if (!ascii_is_alnum(c) && c != '.' && c != '-' && c != '_')
			return false;
	}
	return true;
}

static bool is_name_or_empty(struct slice name, size_t most)
{
	return name.size == 0 || flow_name_is_valid(name, most);
}

bool envelope_flow_is_valid(const struct envelope *envelope)
{
	return is_name_or_empty(envelope->tenant, TENANT_SIZE_MAX) &&
	       is_name_or_empty(envelope->stream, STREAM_SIZE_MAX) &&
	       is_name_or_empty(envelope->pool, POOL_SIZE_MAX) &&
	       envelope->tags.size <= TAGS_SIZE_MAX &&
	       envelope->metadata.size <= METADATA_SIZE_MAX &&
	       envelope->priority >= -PRIORITY_MOST &&
	       envelope->priority <= PRIORITY_MOST;
}

/* For each message several times: not with printf. */
static size_t write_name(const struct envelope *envelope, char text[FLOW_SIZE_MAX + 1])
{
	size_t size = envelope->tenant.size;

	assert(size <= TENANT_SIZE_MAX && envelope->stream.size <= STREAM_SIZE_MAX);
	if (size)
		memcpy(text, envelope->tenant.at, size);
	text[size++] = '/';
	if (envelope->stream.size)
		memcpy(text + size, envelope->stream.at, envelope->stream.size);
	return size + envelope->stream.size;
}

struct slice envelope_flow_name(
	const struct envelope *envelope, char text[FLOW_SIZE_MAX + 1])
{
	if (envelope->tenant.size + envelope->stream.size == 0)
		return SLICE_EMPTY;
	return slice_make(text, write_name(envelope, text));
}

struct slice envelope_flow(
	const struct envelope *envelope, char text[FLOW_SIZE_MAX + 1])
{
	size_t size;

	if (envelope->priority == 0)
		return envelope_flow_name(envelope, text);
	size = write_name(envelope, text);
	size += (size_t)snprintf(
		text + size, FLOW_SIZE_MAX + 1 - size, "/%d", envelope->priority);
	return slice_make(text, size);
}

bool flow_parse(struct slice flow, struct flow_parts *parts_r)
{
	struct slice rest = flow;
	struct flow_parts parts = {.priority = 0};
	int64_t priority = 0;

	parts.tenant = slice_cut(&rest, '/');
	if (flow.size && !rest.at)
		return false;
	parts.stream = slice_cut(&rest, '/');
	if (flow.size > FLOW_SIZE_MAX ||
		!is_name_or_empty(parts.tenant, TENANT_SIZE_MAX) ||
		!is_name_or_empty(parts.stream, STREAM_SIZE_MAX))
		return false;
	if (rest.at && (!slice_to_i64(rest, &priority) || priority == 0 ||
			       priority < -PRIORITY_MOST || priority > PRIORITY_MOST))
		return false;
	if (flow.size && parts.tenant.size + parts.stream.size == 0 && priority == 0)
		return false; /* only the empty one says that */
	parts.priority = (int)priority;
	*parts_r = parts;
	return true;
}
