/*
 * What a pattern needs, read from its source: for each alternative the longest run
 * of plain letters that no quantifier makes optional, or what a group in it needs.
 * Whatever is not understood makes the whole of it "cannot be told".
 */
#include "base/pattern_needs.h"

#include <string.h>

#include "base/memory.h"

#define SOURCE_MAX 1000
#define PIECES_MAX 96
#define DEPTH_MAX  12
#define GRAMS_MAX  6 /* of a piece that are looked for */
#define GRAM_SIZE  3

/* A run of letters in the reader's `letters`. */
struct piece {
	uint16_t at, size;
};
/* One of these must be there; count 0: nothing is known. */
struct pieces {
	struct piece list[PIECES_MAX];
	size_t count;
};

struct reader {
	const char *at; /* what is left of the source */
	char letters[SOURCE_MAX + 1];
	size_t used;
	unsigned depth;
	bool lost; /* it holds something that is not understood */
};

/* An alternative while it is read. */
struct sequence {
	struct pieces best;
	size_t run; /* where the present run begins in `letters` */
	struct pieces group;
};

struct pattern_needs {
	size_t count;	  /* of grams, in all */
	uint16_t grams[]; /* of each piece: how many, and their bits */
};

static void read_alternatives(struct reader *reader, struct pieces *pieces);

static size_t shortest(const struct pieces *pieces)
{
	size_t least = SOURCE_MAX;

	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->list[i].size < least)
			least = pieces->list[i].size;
	return pieces->count ? least : 0;
}

/* The longer the shortest piece, the rarer a text that has one. */
static void keep_better(struct pieces *best, const struct pieces *other)
{
	size_t mine = shortest(best), its = shortest(other);

	if (its < GRAM_SIZE || mine > its ||
		(mine == its && best->count <= other->count))
		return;
	memcpy(best->list, other->list, other->count * sizeof(other->list[0]));
	best->count = other->count;
}

static void end_run(struct reader *reader, struct sequence *sequence)
{
	struct pieces *one = &sequence->group;

	one->count = 1;
	one->list[0] = (struct piece){
		(uint16_t)sequence->run, (uint16_t)(reader->used - sequence->run)};
	keep_better(&sequence->best, one);
	sequence->run = reader->used;
}

/* "{2,5}", "{2}", "{2,}" begin here: their least number, and their end. */
static bool is_counted(const char *at, unsigned *least_r, const char **end_r)
{
	unsigned least = 0;
	const char *c = at + 1;

	if (*at != '{' || !ascii_is_digit(*c))
		return false;
	for (; ascii_is_digit(*c); c++)
		least = least < 1000 ? least * 10 + (unsigned)(*c - '0') : least;
	if (*c == ',')
		for (c++; ascii_is_digit(*c); c++)
			;
	if (*c != '}')
		return false;
	*least_r = least;
	*end_r = c + 1;
	return true;
}

enum quantifier { ONCE, OFTEN, PERHAPS };

static enum quantifier read_quantifier(struct reader *reader)
{
	enum quantifier found = ONCE;
	unsigned least = 0;
	const char *end;

	if (*reader->at == '?' || *reader->at == '*') {
		found = PERHAPS;
		reader->at++;
	} else if (*reader->at == '+') {
		found = OFTEN;
		reader->at++;
	} else if (is_counted(reader->at, &least, &end)) {
		found = least ? OFTEN : PERHAPS;
		reader->at = end;
	}
	/* Lazy, possessive. */
	if (found != ONCE && (*reader->at == '?' || *reader->at == '+'))
		reader->at++;
	return found;
}

/* A letter, and whether it has to be there. */
static void add_letter(struct reader *reader, struct sequence *sequence, char letter)
{
	enum quantifier quantifier = read_quantifier(reader);

	if (quantifier == PERHAPS) {
		end_run(reader, sequence);
		return;
	}
	reader->letters[reader->used++] = ascii_lower(letter);
	if (quantifier == OFTEN)
		end_run(reader, sequence);
}

/* Something that is no plain letter. */
static void add_break(struct reader *reader, struct sequence *sequence)
{
	read_quantifier(reader);
	end_run(reader, sequence);
}

/* "[^]a-z\]]": passed over. */
static void pass_class(struct reader *reader)
{
	const char *c = reader->at + 1;

	if (*c == '^')
		c++;
	if (*c == ']')
		c++;
	for (; *c && *c != ']'; c++) {
		if (*c == '[') /* [:alpha:] */
			reader->lost = true;
		if (*c == '\\' && c[1])
			c++;
	}
	reader->lost |= !*c;
	reader->at = *c ? c + 1 : c;
}

static void read_escape(struct reader *reader, struct sequence *sequence)
{
	char letter = reader->at[1];

	reader->at += letter ? 2 : 1;
	if (letter == 'b' || letter == 'B') /* takes no room */
		reader->lost |= read_quantifier(reader) != ONCE;
	else if (letter && strchr("dDwWsSntr", letter))
		add_break(reader, sequence);
	else if (letter && !ascii_is_alnum(letter))
		add_letter(reader, sequence, letter);
	else
		reader->lost = true;
}

/* "(?:" and "(" are groups; what looks around is passed over. */
static void read_group(struct reader *reader, struct sequence *sequence)
{
	const char *at = reader->at + 1;
	bool around = false;
	/* Too much for a fiber's stack at some depth. */
	struct pieces *inner = NEW(struct pieces);

	end_run(reader, sequence);
	if (*at == '?') {
		around = at[1] == '=' || at[1] == '!' ||
			 (at[1] == '<' && (at[2] == '=' || at[2] == '!'));
		reader->lost |= !around && at[1] != ':';
		at += at[1] == '<' ? 3 : 2;
	}
	reader->lost |= *at == '*' || ++reader->depth > DEPTH_MAX;
	if (!reader->lost) {
		reader->at = at;
		read_alternatives(reader, inner);
		reader->lost |= *reader->at != ')';
	}
	if (!reader->lost) {
		reader->at++;
		reader->depth--;
		if (read_quantifier(reader) != PERHAPS && !around)
			keep_better(&sequence->best, inner);
	}
	sequence->run = reader->used;
	memory_free(inner);
}

static void read_sequence(struct reader *reader, struct sequence *sequence)
{
	sequence->run = reader->used;
	while (!reader->lost && *reader->at && *reader->at != '|' &&
		*reader->at != ')') {
		char c = *reader->at;

		if (c == '(') {
			read_group(reader, sequence);
		} else if (c == '[') {
			pass_class(reader);
			add_break(reader, sequence);
		} else if (c == '\\') {
			read_escape(reader, sequence);
		} else if (c == '.' || c == '^' || c == '$') {
			reader->at++;
			add_break(reader, sequence);
		} else {
			reader->at++;
			add_letter(reader, sequence, c);
		}
	}
	end_run(reader, sequence);
}

/* PIECES, zeroed, becomes what any of them needs; of one nothing, of all. */
static void read_alternatives(struct reader *reader, struct pieces *pieces)
{
	struct sequence *sequence = NEW(struct sequence);
	bool any = false;

	for (;;) {
		sequence->best.count = 0;
		read_sequence(reader, sequence);
		any |= sequence->best.count == 0 ||
		       pieces->count + sequence->best.count > PIECES_MAX;
		if (!any) {
			memcpy(pieces->list + pieces->count, sequence->best.list,
				sequence->best.count * sizeof(pieces->list[0]));
			pieces->count += sequence->best.count;
		}
		if (reader->lost || *reader->at != '|')
			break;
		reader->at++;
	}
	if (any || reader->lost)
		pieces->count = 0;
	memory_free(sequence);
}

/* ---- Trigrams ---- */

static uint16_t gram_of(const char *at)
{
	uint32_t sum = (uint32_t)(unsigned char)ascii_lower(at[0]) |
		       (uint32_t)(unsigned char)ascii_lower(at[1]) << 8 |
		       (uint32_t)(unsigned char)ascii_lower(at[2]) << 16;

	return (uint16_t)(sum * UINT32_C(2654435761) >> 20);
}

_Static_assert(PATTERN_TRIGRAM_BITS == 1 << 12, "the upper 12 bits");

void pattern_trigrams_of(struct slice text, struct pattern_trigrams *trigrams_r)
{
	memset(trigrams_r, 0, sizeof(*trigrams_r));
	for (size_t i = 0; i + GRAM_SIZE <= text.size; i++) {
		uint16_t gram = gram_of(text.at + i);

		trigrams_r->bits[gram / 64] |= UINT64_C(1) << gram % 64;
	}
}

static struct pattern_needs *make(
	const struct pieces *pieces, const struct reader *reader)
{
	struct pattern_needs *needs = memory_allocate(
		sizeof(*needs) +
		pieces->count * (GRAMS_MAX + 1) * sizeof(needs->grams[0]));

	for (size_t i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->list[i];
		size_t count = (size_t)piece->size - GRAM_SIZE + 1;

		if (count > GRAMS_MAX)
			count = GRAMS_MAX;
		needs->grams[needs->count++] = (uint16_t)count;
		for (size_t j = 0; j < count; j++)
			needs->grams[needs->count++] = gram_of(
				reader->letters + piece->at + j);
	}
	return needs;
}

struct pattern_needs *pattern_needs_create(const char *pattern)
{
	struct reader *reader = NEW(struct reader);
	struct pieces *pieces = NEW(struct pieces);
	struct pattern_needs *needs = NULL;

	reader->at = pattern;
	if (strlen(pattern) <= SOURCE_MAX)
		read_alternatives(reader, pieces);
	if (!reader->lost && !*reader->at && pieces->count)
		needs = make(pieces, reader);
	memory_free(pieces);
	memory_free(reader);
	return needs;
}

void pattern_needs_destroy(struct pattern_needs **needs)
{
	memory_free(*needs);
	*needs = NULL;
}

bool pattern_needs_are_met(
	const struct pattern_needs *needs, const struct pattern_trigrams *trigrams)
{
	size_t at = 0;

	if (!needs)
		return true;
	while (at < needs->count) {
		size_t count = needs->grams[at++], met = 0;

		while (met < count && trigrams->bits[needs->grams[at + met] / 64] >>
						      needs->grams[at + met] % 64 &
					      1)
			met++;
		if (met == count)
			return true;
		at += count;
	}
	return false;
}
