/* What SPF asks of DNS, and how much of it one check may ask (RFC 7208 4.6.4). */
#include "verify/spf_core.h"

#include <stdarg.h>
#include <stdio.h>

#include "io/dns_name.h"
#include "mail/domain.h"
#include "mail/text.h"

#define NOTE_MAX 400

void spf_say_why(struct spf *spf, const char *format, ...)
{
	char *reason = spf->verdict->reason;
	size_t size = sizeof(spf->verdict->reason);
	va_list list;

	va_start(list, format);
	vsnprintf(reason, size, format, list);
	va_end(list);
	reason[text_clean(slice_of(reason), reason, size - 1)] = '\0';
}

void spf_tell_text(struct spf *spf, struct slice note)
{
	const struct spf_question *question = spf->question;
	struct spf_step step = {.depth = spf->depth,
		.domain = spf->values.domain,
		.term = spf->term,
		.note = note};

	if (question->watch)
		question->watch(question->watch_context, &step);
}

void spf_tell(struct spf *spf, const char *format, ...)
{
	char note[NOTE_MAX];
	va_list list;

	if (!spf->question->watch)
		return;
	va_start(list, format);
	vsnprintf(note, sizeof(note), format, list);
	va_end(list);
	spf_tell_text(spf, slice_of(note));
}

bool spf_ask(struct spf *spf, enum dns_type type, struct slice name,
	struct dns_answer *answer_r, struct deadline deadline)
{
	arena_reset(&spf->scratch);
	if (!spf->budget.left) {
		spf_say_why(spf, "more than %d DNS queries", SPF_QUERIES_MAX);
		return false;
	}
	if (verify_query(&spf->budget.resolver, name, type, &spf->scratch, answer_r,
		    deadline))
		return true;
	spf->cancelled = true;
	return false;
}

bool spf_count_lookup(struct spf *spf)
{
	if (++spf->verdict->lookups <= SPF_LOOKUPS_MAX)
		return true;
	spf_say_why(spf, "more than %d terms that ask DNS", SPF_LOOKUPS_MAX);
	return false;
}

bool spf_count_void(struct spf *spf, const struct dns_answer *answer)
{
	if (answer->status != DNS_NO_NAME && answer->status != DNS_NO_DATA)
		return true;
	if (++spf->verdict->voids <= SPF_VOIDS_MAX)
		return true;
	spf_say_why(
		spf, "more than %d terms that ask for what DNS has not", SPF_VOIDS_MAX);
	return false;
}

struct slice spf_target(struct spf *spf, struct slice text, struct deadline deadline)
{
	char normal[DNS_NAME_SIZE];
	struct slice name;

	if (!text.size)
		return spf->values.domain;
	if (spf_macro_uses(text, 'p'))
		spf_validate_name(spf, deadline);
	name = spf_macro_domain(&spf->values, text, &spf->name);
	if (!dns_name_normalise(name, normal, &name))
		return SLICE_EMPTY;
	return arena_copy(spf->arena, name);
}

/* The name itself before what stands below it before any other (7.3). */
static unsigned worth(struct slice name, struct slice domain)
{
	if (slice_equal(name, domain))
		return 3;
	return domain_is_within(name, domain) ? 2 : 1;
}

void spf_validate_name(struct spf *spf, struct deadline deadline)
{
	const struct in6_addr *client = &spf->question->client;
	enum dns_type type = IN6_IS_ADDR_V4MAPPED(client) ? DNS_A : DNS_AAAA;
	struct dns_answer answer;
	struct slice names[SPF_NAMES_MAX];
	unsigned best = 0;
	size_t count = 0;
	char question[80];

	spf->values.name = SLICE_EMPTY;
	dns_reverse_name(client, question);
	if (!spf_ask(spf, DNS_PTR, slice_of(question), &answer, deadline))
		return;
	for (size_t i = 0; i < answer.count && count < SPF_NAMES_MAX; i++)
		names[count++] = arena_copy(spf->arena, answer.records[i].name);
	for (size_t i = 0; i < count && best < 3; i++) {
		unsigned now = worth(names[i], spf->values.domain);

		if (now <= best)
			continue;
		if (!spf_ask(spf, type, names[i], &answer, deadline))
			return;
		if (!reverse_holds(&answer, client))
			continue;
		best = now;
		spf->values.name = names[i];
	}
}
