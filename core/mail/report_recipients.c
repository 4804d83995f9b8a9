/* Finds the recipients of a bounce for people, and what is said of each; see
 * report_recipients.h. */
#include "mail/report_recipients.h"

#include <string.h>

#include "base/memory.h"
#include "mail/report_phrases.h"
#include "mail/report_reason.h"
#include "mail/report_text.h"

/* An address of the text, and how it stands there. */
struct mention {
	struct slice address;
	size_t line, end; /* where its line begins; behind it */
	bool leads;	  /* it is what the line is about */
};

struct search {
	struct report_draft *draft;
	const struct report_prose *prose;
	struct mention mentions[REPORT_ADDRESSES_MAX];
	size_t count;
};

/* Who reports, or whom one may ask. */
static bool is_staff(struct slice address)
{
	static const char *const names[] = {"postmaster@", "mailer-daemon@", "abuse@",
		"support@", "helpdesk@", "noreply@", "no-reply@", "hostmaster@",
		"webmaster@"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (slice_starts_nocase(address, slice_of(names[i])))
			return true;
	}
	return false;
}

/* In the bounce's own From or To: the reporter, or we. */
static bool is_correspondent(const struct header *header, struct slice address)
{
	static const enum header_name names[] = {HEADER_FROM, HEADER_TO};
	struct report_place place;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		const struct header_field *field = header_find(header, names[i]);

		if (field && report_find_address(field->value, &place) &&
			slice_equal_nocase(place.address, address))
			return true;
	}
	return false;
}

/* Whether what stands before an address in its line lets it lead: nothing but
 * marks, or a label. */
static bool is_label(struct slice before)
{
	while (before.size && memchr(" \t<>\"'([*-:;=|#", *before.at, 15))
		before = slice_from(before, 1);
	while (before.size && memchr(" \t<\"'([:;=", before.at[before.size - 1], 10))
		before.size--;
	if (slice_ends(before, SLICE("：")))
		before.size -= sizeof("：") - 1;
	if (!before.size)
		return true;
	for (const char *const *label = report_labels; *label; label++) {
		if (slice_equal(before, slice_of(*label)))
			return true;
	}
	/* "Unknown user (local):", "rfc822;": a mark that belongs to the address. */
	return slice_equal(before, SLICE("rfc822")) ||
	       slice_equal(before, SLICE("mailto"));
}

static void find_in_line(struct search *search, size_t begin, size_t size)
{
	struct slice text = slice_part(search->prose->text, begin, size);
	struct slice lower = slice_part(search->prose->lower, begin, size);
	struct report_place place;
	size_t from = 0;

	if (report_begins_with(slice_trim(lower), report_senders))
		return;
	while (search->count < REPORT_ADDRESSES_MAX &&
		report_find_address(slice_from(text, from), &place)) {
		struct mention *mention = &search->mentions[search->count];

		if (!is_staff(place.address) &&
			!is_correspondent(search->prose->header, place.address)) {
			*mention = (struct mention){.address = place.address,
				.line = begin,
				.end = begin + from + place.end,
				.leads = from == 0 &&
					 is_label(slice_part(lower, 0, place.begin))};
			search->count++;
		}
		from += place.end;
	}
}

static void find_mentions(struct search *search)
{
	struct slice text = search->prose->text;
	size_t at = 0;

	while (at < text.size) {
		size_t size = slice_index(slice_from(text, at), '\n');

		find_in_line(search, at, size);
		at += size + 1;
	}
}

static bool is_known(const struct report_draft *draft, struct slice address)
{
	for (size_t i = 0; i < draft->report->recipient_count; i++) {
		if (slice_equal_nocase(draft->recipients[i].address, address))
			return true;
	}
	return false;
}

/* Exim's field, which others write, too. */
static void read_failed_field(struct report_draft *draft, const struct header *header)
{
	const struct header_field *field = header_find_text(
		header, SLICE("X-Failed-Recipients"), NULL);
	struct slice rest = field ? field->value : SLICE_EMPTY;
	struct report_place place;

	while (report_find_address(rest, &place)) {
		struct report_recipient *recipient = NULL;

		if (!is_known(draft, place.address))
			recipient = report_add_recipient(draft);
		if (recipient)
			recipient->address = place.address;
		rest = slice_from(rest, place.end);
	}
}

/* Up to the next line that leads with another recipient. */
static struct slice up_to_next(const struct search *search, size_t index, size_t from)
{
	const struct mention *mine = &search->mentions[index];
	size_t to = search->prose->text.size;

	for (size_t i = index + 1; i < search->count; i++) {
		const struct mention *mention = &search->mentions[i];

		if (!mention->leads || mention->line < from ||
			slice_equal_nocase(mention->address, mine->address) ||
			!is_known(search->draft, mention->address))
			continue;
		to = mention->line;
		break;
	}
	return slice_part(search->prose->text, from, to > from ? to - from : 0);
}

/* Whether the address of MENTION stands in the reply about it, "550 <address>
 * unknown": then its line up to the next one that is of another. */
static bool is_in_reply(const struct search *search, size_t index, struct slice *text_r)
{
	const struct mention *mine = &search->mentions[index];
	struct slice text = slice_from(search->prose->text, mine->line);
	struct report_reply reply;
	size_t size;

	if (!report_find_reply(slice_part(text, 0, mine->end - mine->line), &reply) ||
		!reply.code)
		return false;
	size = mine->end - mine->line;
	size += report_paragraph_size(slice_from(text, size));
	for (size_t i = index + 1; i < search->count; i++) {
		size_t line = search->mentions[i].line - mine->line;

		if (search->mentions[i].line > mine->line && line < size &&
			!slice_equal_nocase(search->mentions[i].address, mine->address))
			size = line;
	}
	*text_r = slice_part(text, 0, size);
	return true;
}

/* The text about ADDRESS: a reply with it inside; else from a mention on that a
 * reply follows; else from the last one that leads. Empty: it is not mentioned. */
static struct slice segment_of(const struct search *search, struct slice address)
{
	struct slice best = SLICE_EMPTY, segment;
	bool found = false, replied = false, leads = false;
	struct report_reply reply;

	for (size_t i = 0; i < search->count; i++) {
		const struct mention *mention = &search->mentions[i];

		if (!slice_equal_nocase(mention->address, address))
			continue;
		if (is_in_reply(search, i, &segment))
			return segment;
		segment = slice_part(
			up_to_next(search, i, mention->end), 0, REPORT_SEGMENT_MAX);
		if (replied || (found && leads && !mention->leads))
			continue;
		replied = report_find_reply(segment, &reply);
		leads = mention->leads;
		found = true;
		best = segment;
	}
	return best;
}

static void add_mentioned(struct search *search, bool leading)
{
	struct report_draft *draft = search->draft;

	for (size_t i = 0; i < search->count; i++) {
		const struct mention *mention = &search->mentions[i];
		struct report_recipient *recipient;

		if (mention->leads != leading || is_known(draft, mention->address))
			continue;
		recipient = report_add_recipient(draft);
		if (recipient)
			recipient->address = mention->address;
		if (!leading)
			return;
	}
}

static void explain(struct search *search, struct report_recipient *recipient)
{
	const struct report_prose *prose = search->prose;
	struct slice segment = segment_of(search, recipient->address);
	struct report_reply reply;

	/* One recipient, and the reply stands before it. */
	if (!segment.size ||
		(search->draft->report->recipient_count == 1 &&
			!report_find_reply(
				slice_part(segment, 0, REPORT_SEGMENT_MAX), &reply) &&
			report_find_reply(prose->text, &reply)))
		segment = prose->text;
	report_describe(search->draft->arena, recipient, segment);
	recipient->action = prose->delayed ? DSN_DELAYED : DSN_FAILED;
	if (recipient->code >= 500 || slice_starts(recipient->status, SLICE("5.")))
		recipient->action = DSN_FAILED;
}

/* What follows a list of addresses is said of each of them. */
static void share(struct report_recipient *recipients, size_t count)
{
	for (size_t i = count; i-- > 1;) {
		struct report_recipient *before = &recipients[i - 1];

		if (before->diagnostic.size || before->code || before->status.size)
			continue;
		before->action = recipients[i].action;
		before->code = recipients[i].code;
		before->status = recipients[i].status;
		before->diagnostic = recipients[i].diagnostic;
	}
}

static struct search *begin_search(
	struct report_draft *draft, const struct report_prose *prose)
{
	struct search *search = NEW(struct search);

	search->draft = draft;
	search->prose = prose;
	find_mentions(search);
	return search;
}

static void end_search(struct search *search)
{
	for (size_t i = 0; i < search->count; i++)
		report_add_address(search->draft, search->mentions[i].address);
	memory_free(search);
}

void report_find_recipients(
	struct report_draft *draft, const struct report_prose *prose)
{
	struct search *search = begin_search(draft, prose);

	read_failed_field(draft, prose->header);
	if (!draft->report->recipient_count)
		add_mentioned(search, true);
	/* None leads: the first one there is. */
	if (!draft->report->recipient_count)
		add_mentioned(search, false);
	/* Nobody is named: what is said may still be of use. */
	if (!draft->report->recipient_count)
		report_add_recipient(draft);
	for (size_t i = 0; i < draft->report->recipient_count; i++) {
		explain(search, &draft->recipients[i]);
		report_add_address(draft, draft->recipients[i].address);
	}
	share(draft->recipients, draft->report->recipient_count);
	end_search(search);
}

void report_describe_recipients(
	struct report_draft *draft, const struct report_prose *prose)
{
	struct search *search = begin_search(draft, prose);

	for (size_t i = 0; i < draft->report->recipient_count; i++) {
		struct report_recipient *recipient = &draft->recipients[i];
		struct slice segment = segment_of(search, recipient->address);

		if (!recipient->diagnostic.size && segment.size)
			report_describe(draft->arena, recipient, segment);
	}
	end_search(search);
}
