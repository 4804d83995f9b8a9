/*
 * What a limit is called, and why it refuses, in words.
 */
#include "limits/limits.h"

#include <inttypes.h>

#include "limits/limits_cluster.h"
#include "limits/limits_core.h"
#include "limits/limits_forecast.h"

static const char *const scopes[LIMIT_SCOPES] = {
	[LIMIT_SITE] = "site",
	[LIMIT_PROVIDER] = "provider",
	[LIMIT_DOMAIN] = "domain",
	[LIMIT_SOURCE] = "source",
	[LIMIT_TENANT] = "tenant",
	[LIMIT_ALL] = "connections_total",
};

static const char *const periods[PERIODS] = {
	[PER_SECOND] = "second",
	[PER_MINUTE] = "minute",
	[PER_HOUR] = "hour",
	[PER_DAY] = "day",
};

const char *limits_scope_name(enum limit_scope scope)
{
	return scopes[scope];
}

const char *limits_period_name(enum limit_period period)
{
	return periods[period];
}

static void say_wait(struct buffer *text, int64_t wait_us)
{
	if (wait_us < 1000000)
		buffer_append_format(text, "%" PRId64 " ms", (wait_us + 999) / 1000);
	else if (wait_us < INT64_C(120000000))
		buffer_append_format(
			text, "%" PRId64 " s", (wait_us + 999999) / 1000000);
	else
		buffer_append_format(text, "%" PRId64 " min", wait_us / 60000000 + 1);
}

static void say_why(struct buffer *text, const struct limit_refusal *refusal)
{
	const struct limits *limits = refusal->user->limits;
	struct buffer trouble = {0};

	if (limits->share && limits_cluster_trouble(limits->node->cluster, &trouble))
		buffer_append_format(text, "; no more can be had of it: %.*s",
			SLICE_PRINT(buffer_contents(&trouble)));
	else if (refusal->kind == LIMIT_CONNECTIONS)
		buffer_append_format(text, ", all in use");
	else
		buffer_append_format(text, "; others use the rest");
	buffer_finish(&trouble);
}

void limits_explain(struct buffer *text, const struct limit_refusal *refusal)
{
	const struct limits *limits = refusal->user->limits;
	struct limit_terms terms = limits_terms(limits);
	bool connects = refusal->kind == LIMIT_CONNECTS;

	buffer_append_format(text, "%s", scopes[limits->scope]);
	if (limits->scope != LIMIT_ALL)
		buffer_append_format(text, " %.*s", SLICE_PRINT(limits->key));
	if (refusal->kind == LIMIT_CONNECTIONS)
		buffer_append_format(
			text, ": %" PRIu64 " connections at a time", terms.connections);
	else
		buffer_append_format(text, ": %" PRIu64 " %s a %s",
			connects ? terms.connects[refusal->period]
				 : terms.messages[refusal->period],
			connects ? "new connections" : "messages",
			periods[refusal->period]);
	if (limits->share)
		buffer_append_format(text, " is this node's part");
	if (refusal->wait_us == INT64_MAX) {
		say_why(text, refusal);
		return;
	}
	buffer_append_format(text, "; next in ");
	say_wait(text, refusal->wait_us);
}
