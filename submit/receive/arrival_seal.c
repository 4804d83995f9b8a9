/*
 * What was found out about a message is sealed for those it is passed on to (ARC,
 * RFC 8617): that it was good here can then be known where it is read, though SPF
 * no longer passes there.
 */
#include "base/event.h"
#include "base/failure.h"
#include "dkim/keyring.h"
#include "metrics/timing.h"
#include "run/worker.h"
#include "verify/authres.h"

#include "receive/arrival_parts.h"

struct seal_job {
	struct arc_sealer *sealer;
	bool done;
};

/* The key of that domain; RSA comes first, which all who know ARC can verify. */
static bool find_key(struct smtp_session *session, struct dkim_signing *signing_r)
{
	const struct dkim_keyring *keyring =
		receiving_of(session)->receiving->options.keyring;
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	const char *domain = session->config->receive.arc_seal;

	if (!keyring || !domain ||
		!dkim_keyring_find(keyring, slice_of(domain), signings))
		return false;
	*signing_r = signings[0];
	return true;
}

void arrival_seal_begin(struct smtp_session *session)
{
	struct arrival *arrival = arrival_of(session);
	struct dkim_signing signing;

	if (arrival->authenticator && arrival->kind == CHOICE_MAIL &&
		find_key(session, &signing))
		arrival->sealer = arc_sealer_create();
}

static void sign(void *arg)
{
	struct seal_job *job = arg;

	job->done = arc_sealer_sign(job->sealer);
}

static bool make(struct smtp_session *session, const struct arc_seal *seal,
	struct buffer *fields, struct deadline deadline)
{
	struct seal_job job = {.sealer = arrival_of(session)->sealer};

	struct timing_step step = {.timing = TIMING_SIGN, .began_us = worker_now_us()};
	bool done = arc_sealer_prepare(job.sealer, seal) &&
		    offload_short(sign, &job, deadline) && job.done &&
		    arc_sealer_format(job.sealer, fields);

	step.ended_us = worker_now_us();
	timing_step(arrival_of(session)->message->steps, &step);
	return done;
}

/* The pieces in one, without the blank line at their end. */
static bool scan(struct arrival *arrival, const struct slice *pieces, size_t count,
	struct header *header_r)
{
	struct buffer head = {0};
	struct slice whole;

	for (size_t i = 0; i < count; i++)
		buffer_append(&head, pieces[i]);
	whole = arena_copy(&arrival->arena, buffer_contents(&head));
	buffer_finish(&head);
	return header_scan(&arrival->arena, whole, 0, 0, header_r);
}

/* A chain that has failed before, or is as long as may be, gets no more sets. */
static bool goes_on(const struct arc_verdict *chain)
{
	return chain && !chain->ended && chain->count < ARC_SETS_MAX;
}

struct slice arrival_seal(struct smtp_session *session, const struct slice *pieces,
	size_t count, struct deadline deadline)
{
	struct arrival *arrival = arrival_of(session);
	struct buffer results = {0}, fields = {0};
	struct slice sealed = SLICE_EMPTY;
	const struct authentication *found;
	struct arc_seal seal = {.time_s = worker_wall_ms() / 1000};
	struct dkim_keyring *keyring;
	struct header header;

	if (!arrival->sealer || !find_key(session, &seal.signing))
		return sealed;
	found = authenticator_result(arrival->authenticator);
	if (!goes_on(found->arc))
		return sealed;
	/* held: a new configuration may come while it signs */
	keyring = dkim_keyring_hold(receiving_of(session)->receiving->options.keyring);
	seal.chain = found->arc;
	if (authres_write_results(found, &results) &&
		scan(arrival, pieces, count, &header)) {
		seal.fields = header.fields;
		seal.field_count = header.count;
		seal.results = buffer_contents(&results);
		if (make(session, &seal, &fields, deadline))
			sealed = arena_copy(&arrival->arena, buffer_contents(&fields));
		else
			event_note(EVENT_WARNING, "arc_unsealed", "%s",
				failure_last()->text);
	}
	dkim_keyring_release(&keyring);
	buffer_finish(&results);
	buffer_finish(&fields);
	return sealed;
}
