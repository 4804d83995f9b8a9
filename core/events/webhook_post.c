/* One request to a webhook, signed. */
#include "events/webhook_post.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "events/signature.h"
#include "io/fetch.h"

#define ANSWER_MAX (64u << 10)
#define SECOND_MS  1000

void webhook_body_begin(struct webhook_body *body)
{
	buffer_clear(&body->text);
	buffer_append_byte(&body->text, '[');
	body->count = 0;
}

void webhook_body_add(struct webhook_body *body, struct slice line)
{
	if (body->count++)
		buffer_append(&body->text, SLICE(",\n"));
	buffer_append(&body->text, line);
}

struct slice webhook_body_end(struct webhook_body *body)
{
	buffer_append_byte(&body->text, ']');
	return buffer_contents(&body->text);
}

void webhook_body_finish(struct webhook_body *body)
{
	buffer_finish(&body->text);
}

bool webhook_post(const struct webhook *webhook, struct slice body, unsigned attempt,
	struct dns *dns, struct webhook_answer *answer_r, struct deadline deadline)
{
	struct arena arena = {0};
	char signature[SIGNATURE_SIZE];
	struct slice signed_by = signature_print(
		webhook->secret, clock_wall_ms() / SECOND_MS, body, signature);
	struct slice headers[] = {SLICE("Content-Type: application/json"),
		arena_format(
			&arena, "Ringpost-Signature: %.*s", SLICE_PRINT(signed_by)),
		arena_format(
			&arena, "Ringpost-Webhook: %.*s", SLICE_PRINT(webhook->name)),
		arena_format(&arena, "Ringpost-Attempt: %u", attempt)};
	struct fetch_options options = {.url = webhook->url,
		.body = body,
		.headers = headers,
		.header_count = ARRAY_COUNT(headers),
		.size_max = ANSWER_MAX,
		.private_addresses = webhook->private_addresses,
		.plain = webhook->private_addresses,
		.dns = dns};
	struct fetch_response response = {0};
	bool good, answered;

	if (webhook->ca_file.size)
		options.ca_file = arena_copy_text(&arena, webhook->ca_file);
	answered = fetch(&options, &arena, &response,
		deadline_earlier(deadline, deadline_after_ms(webhook->timeout_ms)));
	*answer_r = (struct webhook_answer){.status = response.status};
	good = answered && response.status / 100 == 2;
	if (answered && !good)
		snprintf(answer_r->why, sizeof(answer_r->why), "it answered %u",
			response.status);
	else if (!good)
		slice_to_text(
			slice_part(slice_of(failure_last()->text), 0, WEBHOOK_WHY_MAX),
			answer_r->why, sizeof(answer_r->why));
	arena_finish(&arena);
	return good;
}
