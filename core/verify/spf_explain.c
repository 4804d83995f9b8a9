/* exp= (RFC 7208 6.2): why a domain says that its mail is not its own. */
#include "verify/spf_core.h"

/* Printable ASCII only; senders' own words may be in it, expanded. */
static struct slice clean(struct arena *arena, struct slice text)
{
	char *copy = arena_copy_text(arena, text);

	for (size_t i = 0; i < text.size; i++)
		if (copy[i] < ' ' || copy[i] > '~')
			copy[i] = '?';
	return slice_make(copy, text.size);
}

/* Whatever goes wrong: as if there were no exp=. */
void spf_explain(struct spf *spf, struct deadline deadline)
{
	struct buffer into;
	struct dns_answer answer;
	struct slice name, text;

	if (!spf->explanation.at)
		return;
	spf->term = SLICE_EMPTY;
	spf->values.domain = spf->explainer;
	name = spf_target(spf, spf->explanation, deadline);
	if (!name.at || spf->cancelled ||
		!spf_ask(spf, DNS_TXT, name, &answer, deadline) ||
		answer.status != DNS_FOUND || answer.count != 1) {
		spf_tell(spf, "no explanation at exp=%.*s",
			SLICE_PRINT(spf->explanation));
		return;
	}
	text = arena_copy(spf->arena, answer.records[0].name);
	if (!spf_macro_is_valid(text, SPF_TEXT_EXPLAIN)) {
		spf_tell(spf, "the explanation is malformed");
		return;
	}
	if (spf_macro_uses(text, 'p'))
		spf_validate_name(spf, deadline);
	buffer_init(&into, SPF_EXPLAIN_MAX);
	spf_macro_expand(&spf->values, text, SPF_TEXT_EXPLAIN, &into);
	spf->verdict->explanation = clean(spf->arena, buffer_contents(&into));
	buffer_finish(&into);
}
