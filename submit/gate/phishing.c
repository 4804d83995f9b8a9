/* Signs in a header, and what they weigh; see phishing.h. */
#include "gate/phishing.h"

#include "base/memory.h"
#include "mail/author.h"
#include "mail/domain.h"
#include "mail/mime_decode.h"
#include "verify/suffix.h"

#define BIT(sign) (UINT32_C(1) << (sign))
#define NAME_MAX  1000 /* bytes of a display name looked at */

static const struct {
	const char *name;
	unsigned weight;
} signs_of[PHISHING_SIGNS] = {
	[PHISHING_NAME_ADDRESS] = {"name_address", 60},
	[PHISHING_NAME_DOMAIN] = {"name_domain", 40},
	[PHISHING_FROM_LOOKS] = {"from_looks", 60},
	[PHISHING_FROM_TYPO] = {"from_typo", 30},
	[PHISHING_MIXED] = {"mixed_script", 40},
	[PHISHING_REPLY_LOOKS] = {"reply_looks", 40},
	[PHISHING_REPLY_ELSEWHERE] = {"reply_elsewhere", 10},
	[PHISHING_LINK_SHOWS] = {"link_shows", 40},
	[PHISHING_LINKS_SHOW] = {"links_show", 20},
	[PHISHING_LINK_LOOKS] = {"link_looks", 40},
	[PHISHING_LINK_USER] = {"link_user", 30},
	[PHISHING_LINK_ADDRESS] = {"link_address", 20},
};

unsigned phishing_score(uint32_t signs)
{
	unsigned score = 0;

	for (size_t i = 0; i < PHISHING_SIGNS; i++)
		if (signs & BIT(i))
			score += signs_of[i].weight;
	return score;
}

size_t phishing_names(uint32_t signs, struct slice names[PHISHING_SIGNS])
{
	size_t count = 0;

	for (size_t i = 0; i < PHISHING_SIGNS; i++)
		if (signs & BIT(i))
			names[count++] = slice_of(signs_of[i].name);
	return count;
}

static bool is_word(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || (c & 0x80);
}

/* A word of the name that is a domain, with or without an address before it. */
static uint32_t judge_word(const struct lookalikes *guarded, struct slice word,
	bool address, struct slice domain)
{
	char text[DOMAIN_MAX + 1];
	struct slice ascii;

	while (slice_ends(word, SLICE(".")))
		word.size--;
	if (slice_index(word, '.') == word.size ||
		!domain_to_ascii(word, text, &ascii) ||
		suffix_same_organization(ascii, domain))
		return 0;
	if (address)
		return BIT(PHISHING_NAME_ADDRESS);
	return lookalikes_has(guarded, ascii) ? BIT(PHISHING_NAME_DOMAIN) : 0;
}

/* NAME is all of From but its address. */
static uint32_t judge_name(
	const struct lookalikes *guarded, struct slice name, struct slice domain)
{
	uint32_t signs = 0;

	for (size_t at = 0; at < name.size;) {
		size_t begin = at;

		while (at < name.size && is_word(name.at[at]))
			at++;
		if (at > begin)
			signs |= judge_word(guarded,
				slice_part(name, begin, at - begin),
				begin > 1 && name.at[begin - 1] == '@' &&
					is_word(name.at[begin - 2]),
				domain);
		else
			at++;
	}
	return signs;
}

/* A From field is read as what stands in front of its last "<". */
static uint32_t judge_from(const struct lookalikes *guarded,
	const struct header *header, struct slice domain, struct arena *arena)
{
	const struct header_field *from = header_find(header, HEADER_FROM);
	struct slice name;
	size_t angle;

	if (!from)
		return 0;
	angle = slice_index_last(from->value, '<');
	if (angle == from->value.size)
		return 0;
	name = slice_trim_all(slice_part(from->value, 0, angle));
	/* Most have nothing in it that could be a domain. */
	if (slice_index(name, '.') == name.size && slice_index(name, '?') == name.size)
		return 0;
	name = mime_decode_words(arena, slice_part(name, 0, NAME_MAX));
	return judge_name(guarded, name, domain);
}

static uint32_t judge_reply(const struct lookalikes *guarded,
	const struct header *header, struct slice domain, struct arena *arena)
{
	const struct header_field *field = header_find(header, HEADER_REPLY_TO);
	char text[DOMAIN_MAX + 1];
	struct slice *list, reply;
	uint32_t signs = 0;
	size_t count;

	if (!field || !authors_find(field->value, arena, &list, &count))
		return 0;
	reply = slice_from(list[0], slice_index_last(list[0], '@') + 1);
	if (!domain_to_ascii(reply, text, &reply))
		return 0;
	if (!suffix_same_organization(reply, domain))
		signs |= BIT(PHISHING_REPLY_ELSEWHERE);
	if (lookalikes_judge(guarded, reply, arena) == LOOKALIKE_SAME)
		signs |= BIT(PHISHING_REPLY_LOOKS);
	return signs;
}

uint32_t phishing_header(const struct lookalikes *guarded, const struct header *header,
	struct slice author, struct slice domain, struct arena *arena)
{
	uint32_t signs = 0;

	if (!author.size || !domain.size)
		return 0;
	switch (lookalikes_judge(guarded, domain, arena)) {
	case LOOKALIKE_SAME:
		signs |= BIT(PHISHING_FROM_LOOKS);
		break;
	case LOOKALIKE_TYPO:
		signs |= BIT(PHISHING_FROM_TYPO);
		break;
	case LOOKALIKE_NONE:
		break;
	}
	if (lookalike_is_mixed(arena, domain))
		signs |= BIT(PHISHING_MIXED);
	return signs | judge_from(guarded, header, domain, arena) |
	       judge_reply(guarded, header, domain, arena);
}
