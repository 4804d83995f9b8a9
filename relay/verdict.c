/*
 * The table of verdicts.
 */
#include "relay/verdict.h"

#include <stdio.h>

#include "base/memory.h"

/* The first row that fits decides. */
static const struct {
	enum smtp_stage from, to;
	int code;    /* or its first digit */
	int subject; /* of the enhanced code; -1: any, or none */
	int detail;
	enum verdict_kind kind;
	bool host_trouble;
} table[] = {
	{STAGE_CONTENT, STAGE_CONTENT, 2, -1, -1, VERDICT_DELIVERED, false},
	/* RFC 5321 3.8: the service is closing, whatever it was about. */
	{STAGE_CONNECT, STAGE_RSET, 421, -1, -1, VERDICT_LATER, true},
	/* A host that does not let us in says nothing about a recipient. */
	{STAGE_CONNECT, STAGE_AUTH, 4, -1, -1, VERDICT_LATER, true},
	{STAGE_CONNECT, STAGE_AUTH, 5, -1, -1, VERDICT_LATER, true},
	/* RFC 5321 4.5.3.1.10: too many recipients, also as a permanent one. */
	{STAGE_RCPT, STAGE_RCPT, 452, 5, 3, VERDICT_AGAIN, false},
	{STAGE_RCPT, STAGE_RCPT, 552, 5, 3, VERDICT_AGAIN, false},
	{STAGE_MAIL, STAGE_CONTENT, 4, -1, -1, VERDICT_LATER, false},
	{STAGE_MAIL, STAGE_CONTENT, 5, -1, -1, VERDICT_NEVER, false},
};

static bool fits(size_t row, enum smtp_stage stage, const struct reply *reply)
{
	int code = table[row].code;

	if (stage < table[row].from || stage > table[row].to)
		return false;
	if (code != reply->code && code != reply->code / 100)
		return false;
	return table[row].subject < 0 ||
	       (reply->enhanced.class &&
		       reply->enhanced.subject == table[row].subject &&
		       reply->enhanced.detail == table[row].detail);
}

struct verdict verdict_of_reply(
	enum smtp_stage stage, const struct reply *reply, bool some_accepted)
{
	struct verdict verdict = {.stage = stage, .reply = *reply};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		if (!fits(i, stage, reply))
			continue;
		verdict.kind = table[i].kind;
		verdict.host_trouble = table[i].host_trouble;
		if (verdict.kind == VERDICT_AGAIN && !some_accepted)
			verdict.kind = VERDICT_LATER;
		return verdict;
	}
	/* Not an answer to what was said: 354 to RCPT, 250 to DATA. */
	verdict.kind = VERDICT_LATER;
	verdict.host_trouble = true;
	return verdict;
}

/* Enhanced codes for what went wrong between hosts (RFC 3463 3.5, 3.6). */
static const char *status_of(enum smtp_stage stage, enum failure_kind kind)
{
	switch (kind) {
	case FAILURE_DNS:
		return "4.4.3";
	case FAILURE_TLS:
		return "4.7.5";
	case FAILURE_PROTOCOL:
		return "4.5.0";
	case FAILURE_TIMEOUT:
	case FAILURE_CLOSED:
	case FAILURE_NETWORK:
		return stage <= STAGE_CONNECT ? "4.4.1" : "4.4.2";
	case FAILURE_CONFIG:
	case FAILURE_FILE:
		return "4.3.5";
	default:
		return "4.3.0";
	}
}

static bool is_ours(enum failure_kind kind)
{
	return kind == FAILURE_STORE || kind == FAILURE_DATA ||
	       kind == FAILURE_RESOURCE || kind == FAILURE_CANCELLED;
}

struct verdict verdict_of_failure(
	enum smtp_stage stage, const struct failure *failure, struct arena *arena)
{
	return (struct verdict){
		.kind = VERDICT_LATER,
		.stage = stage,
		.host_trouble = !is_ours(failure->kind),
		.status = status_of(stage, failure->kind),
		.reason = arena_format(
			arena, "%s: %s", smtp_stage_name(stage), failure->text),
	};
}

struct verdict verdict_of_ours(
	enum verdict_kind kind, const char *status, struct slice reason)
{
	return (struct verdict){
		.kind = kind,
		.stage = STAGE_LOOKUP,
		.status = status,
		.reason = reason,
	};
}

struct slice verdict_print(const struct verdict *verdict, char *text, size_t size)
{
	int used;

	if (verdict->reply.code)
		return reply_print(&verdict->reply, text, size);
	used = snprintf(text, size, "%s %.*s", verdict->status ? verdict->status : "",
		SLICE_PRINT(verdict->reason));
	if (used < 0)
		return SLICE_EMPTY;
	return slice_make(text, (size_t)used < size ? (size_t)used : size - 1);
}

struct slice verdict_status(const struct verdict *verdict, char text[16])
{
	if (verdict->reply.code)
		return reply_status(&verdict->reply, text);
	return slice_of(verdict->status);
}
