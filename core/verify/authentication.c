/* Finds out who a message is from while it comes in. */
#include "verify/authentication.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "mail/author.h"
#include "mail/domain.h"
#include "mail/header.h"

#include "verify/signatures.h"

#define PIECE 16384 /* the header is looked for in so many bytes at a time */
/*
 * Whose DNS SPF and the keys ask the sender chooses, and he may choose one that
 * takes its time: so each has its part of what there is, in percent from now on,
 * and the policy of the domain in From, which is not his, is always asked for.
 */
#define SPF_UNTIL	 40
#define SIGNATURES_UNTIL 70
#define DMARC_IN_ALL	 (DMARC_QUERIES_MAX * AUTHENTICATION_AUTHORS_MAX)
#define MAIL_TEXT_MAX	 512 /* bytes kept of helo, mail_from, hostname */

struct authenticator {
	struct arena arena; /* of one message */
	struct authentication_facts facts;
	struct authentication result;
	struct header_end end;
	struct buffer head; /* until the end of the header is found */
	bool begun;	    /* the header was read */
	struct slice domains[AUTHENTICATION_AUTHORS_MAX]; /* in From, ASCII */
	bool from_readable;
	struct dkim_verifier *dkim;
	struct arc_verifier *arc;
};

static void forget(struct authenticator *authenticator);
static void feed_body(struct authenticator *authenticator, struct slice chunk);
static void read_header(struct authenticator *authenticator);
static void read_authors(struct authenticator *authenticator, struct slice from);
static void add_domain(struct authenticator *authenticator, struct slice address);
static bool check_signatures(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline);
static struct deadline part_of(unsigned percent, struct deadline deadline);
static bool check_dmarc(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline);
static const char *unfit_for_dmarc(const struct authenticator *authenticator);
static unsigned severity(const struct dmarc_verdict *verdict);

struct authenticator *authenticator_create(void)
{
	struct authenticator *authenticator = NEW(struct authenticator);

	buffer_init(&authenticator->head, AUTHENTICATION_HEADER_MAX + PIECE);
	return authenticator;
}

void authenticator_destroy(struct authenticator **authenticator)
{
	struct authenticator *gone = *authenticator;

	if (!gone)
		return;
	forget(gone);
	arena_finish(&gone->arena);
	memory_free(gone);
	*authenticator = NULL;
}

void authenticator_set_caller(
	struct authenticator *authenticator, const struct reverse_name *caller)
{
	struct reverse_name *mine = &authenticator->result.caller;

	*mine = *caller;
	mine->name = arena_copy(&authenticator->arena, caller->name);
}

void authenticator_begin(
	struct authenticator *authenticator, const struct authentication_facts *facts)
{
	struct authentication *result = &authenticator->result;
	struct arena *arena = &authenticator->arena;

	forget(authenticator);
	authenticator->facts = *facts;
	result->client = facts->client;
	authenticator_set_caller(authenticator, &facts->caller);
	result->hostname = arena_copy(
		arena, slice_part(facts->hostname, 0, MAIL_TEXT_MAX));
	result->helo = arena_copy(arena, slice_part(facts->helo, 0, MAIL_TEXT_MAX));
	result->mail_from = arena_copy(
		arena, slice_part(facts->mail_from, 0, MAIL_TEXT_MAX));
}

bool authenticator_check_spf(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline)
{
	static const struct in6_addr nobody;
	struct authentication *result = &authenticator->result;
	struct spf_question question = {
		.client = result->client,
		.mail_from = result->mail_from,
		.helo = result->helo,
		.receiver = result->hostname,
		.now_s = authenticator->facts.now_s,
		.watch = authenticator->facts.watch,
		.watch_context = authenticator->facts.watch_context,
	};

	if (result->spf_known || memcmp(&result->client, &nobody, sizeof(nobody)) == 0)
		return true;
	if (!spf_check(
		    resolver, &question, &authenticator->arena, &result->spf, deadline))
		return false;
	result->spf_known = true;
	result->queries += result->spf.queries;
	return true;
}

void authenticator_feed(struct authenticator *authenticator, struct slice chunk)
{
	while (!authenticator->begun && chunk.size > 0) {
		struct slice piece = slice_part(chunk, 0, PIECE);

		chunk = slice_from(chunk, piece.size);
		if (authenticator->result.oversize)
			return;
		if (!buffer_append(&authenticator->head, piece))
			authenticator->result.oversize = true;
		else if (header_end_find(&authenticator->end, piece))
			read_header(authenticator);
	}
	feed_body(authenticator, chunk);
}

bool authenticator_finish(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline)
{
	struct deadline signatures;

	if (!authenticator->begun && !authenticator->result.oversize) {
		header_end_finish(&authenticator->end);
		read_header(authenticator);
	}
	signatures = part_of(SIGNATURES_UNTIL, deadline);
	return authenticator_check_spf(
		       authenticator, resolver, part_of(SPF_UNTIL, deadline)) &&
	       check_signatures(authenticator, resolver, signatures) &&
	       check_dmarc(authenticator, resolver, deadline);
}

const struct authentication *authenticator_result(
	const struct authenticator *authenticator)
{
	return &authenticator->result;
}

static void forget(struct authenticator *authenticator)
{
	dkim_verify_destroy(&authenticator->dkim);
	arc_verify_destroy(&authenticator->arc);
	buffer_finish(&authenticator->head);
	arena_reset(&authenticator->arena);
	authenticator->result = (struct authentication){0};
	authenticator->end = (struct header_end){0};
	authenticator->begun = authenticator->from_readable = false;
	memset(authenticator->domains, 0, sizeof(authenticator->domains));
}

static void feed_body(struct authenticator *authenticator, struct slice chunk)
{
	if (!authenticator->dkim || chunk.size == 0)
		return;
	dkim_verify_feed(authenticator->dkim, chunk);
	arc_verify_feed(authenticator->arc, chunk);
}

/* A name with white space before the colon is taken for the name by some. */
static bool is_from(const struct header_field *field)
{
	return slice_equal_nocase(slice_trim_all(field->name), SLICE("From"));
}

/* The header is complete: all that hashes it does so now, and it goes. */
static void read_header(struct authenticator *authenticator)
{
	struct authentication *result = &authenticator->result;
	struct slice head = buffer_contents(&authenticator->head);
	struct slice block = slice_part(head, 0, authenticator->end.size);
	struct arena scratch = {0};
	struct header header;

	authenticator->begun = true;
	result->oversize = !header_scan(&scratch, block, AUTHENTICATION_FIELDS_MAX,
		AUTHENTICATION_HEADER_MAX, &header);
	if (!result->oversize) {
		for (size_t i = 0; i < header.count; i++)
			if (is_from(&header.fields[i]) && result->from_fields++ == 0)
				read_authors(authenticator, header.fields[i].value);
		authenticator->dkim = dkim_verify_begin(
			header.fields, header.count, authenticator->domains[0]);
		authenticator->arc = arc_verify_begin(header.fields, header.count);
		feed_body(authenticator, slice_from(head, authenticator->end.body_at));
	}
	arena_finish(&scratch);
	buffer_finish(&authenticator->head);
}

static void read_authors(struct authenticator *authenticator, struct slice from)
{
	struct authentication *result = &authenticator->result;
	struct arena scratch = {0};
	struct slice *authors;
	size_t count;

	authenticator->from_readable = authors_find(from, &scratch, &authors, &count);
	if (authenticator->from_readable) {
		result->from = arena_copy(&authenticator->arena, authors[0]);
		for (size_t i = 0; i < count; i++)
			add_domain(authenticator, authors[i]);
	}
	arena_finish(&scratch);
}

static void add_domain(struct authenticator *authenticator, struct slice address)
{
	struct authentication *result = &authenticator->result;
	struct slice domain = slice_from(address, slice_index_last(address, '@') + 1);
	char text[DOMAIN_MAX + 1];

	if (!domain_is_valid(domain, true) || !domain_to_ascii(domain, text, &domain)) {
		authenticator->from_readable = false; /* an address literal, too */
		return;
	}
	for (size_t i = 0; i < AUTHENTICATION_AUTHORS_MAX; i++)
		if (slice_equal(authenticator->domains[i], domain))
			return;
	if (result->from_domains < AUTHENTICATION_AUTHORS_MAX)
		authenticator->domains[result->from_domains] = arena_copy(
			&authenticator->arena, domain);
	result->from_domains++;
}

/* What SPF did not ask for, and DMARC will not, is left to the keys. */
static bool check_signatures(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline)
{
	struct authentication *result = &authenticator->result;
	unsigned spent = result->queries + DMARC_IN_ALL;
	struct verify_budget budget;

	if (!authenticator->dkim)
		return true;
	verify_budget_init(&budget, resolver,
		spent < VERIFY_QUERIES_MAX ? VERIFY_QUERIES_MAX - spent : 0);
	if (!signatures_check(authenticator->dkim, authenticator->arc, &budget.resolver,
		    authenticator->facts.now_s, deadline))
		return false;
	result->queries += budget.used;
	result->dkim_count = dkim_verify_result_count(authenticator->dkim);
	for (size_t i = 0; i < result->dkim_count; i++)
		result->dkim[i] = dkim_verify_result(authenticator->dkim, i);
	result->arc = arc_verify_result(authenticator->arc);
	return true;
}

/* PERCENT of the time there is until DEADLINE. */
static struct deadline part_of(unsigned percent, struct deadline deadline)
{
	int64_t left = deadline_left_ms(deadline);

	if (left == INT64_MAX)
		return deadline;
	return deadline_earlier(
		deadline, deadline_after_ms(left / 100 * percent + left % 100));
}

/* Each author's domain is asked, in its part of the time; the sternest answer counts
 * (6.6.1). */
static bool check_dmarc(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline)
{
	struct authentication *result = &authenticator->result;
	struct dmarc_question question = {
		.spf = result->spf_known ? &result->spf : NULL,
		.dkim = result->dkim,
		.dkim_count = result->dkim_count,
		.sample = authenticator->facts.sample,
	};
	const char *unfit = unfit_for_dmarc(authenticator);
	struct verify_budget budget;

	result->dmarc.result = DMARC_PERMERROR;
	if (unfit) {
		result->dmarc.from_domain = authenticator->domains[0];
		slice_to_text(slice_of(unfit), result->dmarc.reason,
			sizeof(result->dmarc.reason));
		return true;
	}
	verify_budget_init(&budget, resolver, DMARC_IN_ALL);
	for (size_t i = 0; i < result->from_domains; i++) {
		struct dmarc_verdict verdict;

		question.from_domain = authenticator->domains[i];
		if (!dmarc_check(&budget.resolver, &question, &authenticator->arena,
			    &verdict,
			    part_of(100 / (unsigned)(result->from_domains - i),
				    deadline)))
			return false;
		if (i == 0 || severity(&verdict) > severity(&result->dmarc))
			result->dmarc = verdict;
	}
	result->queries += budget.used;
	return true;
}

static const char *unfit_for_dmarc(const struct authenticator *authenticator)
{
	const struct authentication *result = &authenticator->result;

	if (result->oversize)
		return "the header is too large to be looked at";
	if (result->from_fields == 0)
		return "there is no From";
	if (result->from_fields > 1)
		return "there are several From fields";
	if (!authenticator->from_readable)
		return "From has no address that can be read";
	if (result->from_domains > AUTHENTICATION_AUTHORS_MAX)
		return "From has authors of too many domains";
	return NULL;
}

static unsigned severity(const struct dmarc_verdict *verdict)
{
	switch (verdict->result) {
	case DMARC_PASS:
		return 0;
	case DMARC_NONE:
		return 1;
	case DMARC_FAIL:
		return verdict->policy == DMARC_POLICY_NONE
			       ? 2
			       : 3u + (unsigned)verdict->policy;
	case DMARC_PERMERROR:
		return 3;
	case DMARC_TEMPERROR:
		return 4;
	}
	return 4;
}
