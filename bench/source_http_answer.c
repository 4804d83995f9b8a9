/* What an answer of the API, JSON, says of each message of its request. */
#include "bench/source_http_answer.h"

#include <jansson.h>
#include <stdio.h>

#include "base/memory.h"

struct http_outcomes {
	unsigned status;
	json_t *whole;	  /* or NULL: no JSON */
	json_t *messages; /* of the whole; NULL: it is about one */
};

struct http_outcomes *http_outcomes_read(unsigned status, struct slice body)
{
	struct http_outcomes *outcomes = NEW(struct http_outcomes);

	outcomes->status = status;
	outcomes->whole = json_loadb(body.at ? body.at : "", body.size, 0, NULL);
	outcomes->messages = json_object_get(outcomes->whole, "messages");
	return outcomes;
}

void http_outcomes_destroy(struct http_outcomes **outcomes)
{
	if (*outcomes)
		json_decref((*outcomes)->whole);
	memory_free(*outcomes);
	*outcomes = NULL;
}

/* "sender_not_allowed 550 5.7.1 …", or what else there is. */
static void print_refusal(const json_t *item, char text[HTTP_OUTCOME_TEXT])
{
	const char *code = json_string_value(json_object_get(item, "code"));
	const char *detail = json_string_value(json_object_get(item, "detail"));

	if (!detail)
		detail = json_string_value(json_object_get(item, "title"));
	snprintf(text, HTTP_OUTCOME_TEXT, "%s%s%s", code ? code : "",
		code && detail ? " " : "", detail ? detail : "");
}

/* Of a refusal: the item's own, else the answer's. */
static unsigned status_of(const struct http_outcomes *outcomes, const json_t *item)
{
	json_int_t own = json_integer_value(json_object_get(item, "status"));

	if (own >= 300 && own < 600)
		return (unsigned)own;
	return outcomes->status / 100 == 2 ? 500 : outcomes->status;
}

void http_outcome_of(
	const struct http_outcomes *outcomes, size_t i, struct http_outcome *outcome_r)
{
	const json_t *item = outcomes->messages ? json_array_get(outcomes->messages, i)
						: outcomes->whole;
	const char *id = json_string_value(json_object_get(item, "id"));

	*outcome_r = (struct http_outcome){.status = outcomes->status};
	if (outcomes->status / 100 == 2 && id) {
		snprintf(outcome_r->text, HTTP_OUTCOME_TEXT, "%s", id);
		return;
	}
	outcome_r->status = status_of(outcomes, item);
	print_refusal(item, outcome_r->text);
	if (outcomes->status / 100 == 2 && !outcome_r->text[0])
		snprintf(outcome_r->text, HTTP_OUTCOME_TEXT,
			"the answer says nothing of this message");
}
