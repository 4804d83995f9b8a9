/*
 * Signing our own messages with the keys in force on this worker.
 */
#include "daemon/sign.h"

#include "dkim/sign.h"
#include "mail/author.h"
#include "mail/domain.h"
#include "mail/header.h"
#include "run/worker.h"

#include "daemon/daemon.h"

#define FIELDS_MAX 1000

struct signing_job {
	struct dkim_signer *signer;
	bool signed_well;
};

static void sign_job(void *arg)
{
	struct signing_job *job = arg;

	job->signed_well = dkim_signer_sign(job->signer);
}

static struct slice author_domain(const struct header *header, struct arena *arena)
{
	const struct header_field *from = header_find(header, HEADER_FROM);
	char *text = arena_take(arena, DOMAIN_MAX + 1);
	struct slice *authors, domain;
	size_t count;

	if (!from || !authors_find(from->value, arena, &authors, &count))
		return SLICE_EMPTY;
	domain = slice_from(authors[0], slice_index_last(authors[0], '@') + 1);
	return domain_to_ascii(domain, text, &domain) ? domain : SLICE_EMPTY;
}

static bool sign_as(const struct dkim_message *message, const struct config *config,
	struct slice body, struct buffer *fields, struct deadline deadline)
{
	struct signing_job job = {.signer = dkim_signer_create()};
	enum dkim_canon header_canon, body_canon;
	bool good;

	dkim_canon_parse(
		slice_of(config->dkim_canonicalization), &header_canon, &body_canon);
	dkim_signer_begin(job.signer, header_canon, body_canon);
	dkim_signer_feed(job.signer, body);
	good = dkim_signer_prepare(job.signer, message) &&
	       offload(sign_job, &job, deadline) && job.signed_well &&
	       dkim_signer_format(job.signer, fields);
	dkim_signer_destroy(&job.signer);
	return good;
}

bool daemon_sign(void *context, struct slice block, struct slice body,
	struct buffer *fields, struct deadline deadline)
{
	struct daemon_worker *worker = context;
	struct world *world = world_hold(worker->world);
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	struct dkim_message message = {
		.signings = signings, .time_s = worker_wall_ms() / 1000};
	struct arena arena = {0};
	struct header header;
	bool good = header_scan(&arena, block, FIELDS_MAX, block.size, &header);

	if (good) {
		message.fields = header.fields;
		message.field_count = header.count;
		message.signing_count = dkim_keyring_find(
			world->keyring, author_domain(&header, &arena), signings);
		good = message.signing_count == 0 ||
		       sign_as(&message, world->config, body, fields, deadline);
	}
	arena_finish(&arena);
	world_release(&world);
	return good;
}
