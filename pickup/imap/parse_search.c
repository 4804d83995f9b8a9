/* Reads SEARCH, SORT and THREAD up to their keys (RFC 9051 6.4.4, RFC 5256, RFC
 * 5267 2.3, RFC 9394). */
#include "imap/parse_core.h"
#include "mail/mime_decode.h"
#include "mail/text.h"

static bool take_signed(struct lex *lex, int64_t *number_r)
{
	bool negative = lex_if_char(lex, '-');
	uint32_t number;

	if (!lex_nonzero(lex, &number))
		return false;
	*number_r = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

bool imap_parse_partial(struct lex *lex, int64_t *first_r, int64_t *last_r)
{
	if (!lex_space(lex) || !take_signed(lex, first_r) || !lex_char(lex, ':') ||
		!take_signed(lex, last_r))
		return false;
	return (*first_r < 0) == (*last_r < 0) ||
	       lex_bad(lex, "A range counts from one end");
}

static bool take_returns(struct lex *lex, struct imap_search *search)
{
	static const char *const names[] = {
		"MIN", "MAX", "ALL", "COUNT", "SAVE", "PARTIAL"};

	search->extended = true;
	if (!lex_char(lex, '('))
		return false;
	if (lex_if_char(lex, ')')) {
		search->returns = IMAP_RETURN_ALL;
		return true;
	}
	do {
		unsigned i = 0;

		while (i < 6 && !lex_if_word(lex, names[i]))
			i++;
		if (i == 6)
			return lex_bad(lex, "Unknown return option");
		search->returns |= 1U << i;
		if (1U << i == IMAP_RETURN_PARTIAL &&
			!imap_parse_partial(
				lex, &search->partial_first, &search->partial_last))
			return false;
	} while (lex_if_char(lex, ' '));
	if ((search->returns & IMAP_RETURN_ALL) &&
		(search->returns & IMAP_RETURN_PARTIAL))
		return lex_bad(lex, "ALL and PARTIAL exclude each other");
	return lex_char(lex, ')');
}

/* A byte beyond ASCII becomes something else in any charset that is known. */
static bool is_known(struct arena *arena, struct slice charset)
{
	struct slice probe = SLICE("\xe9");

	return charset.size && !slice_equal(mime_to_utf8(arena, charset, probe), probe);
}

static bool take_charset(struct lex *lex, struct slice *charset_r)
{
	if (!lex_astring(lex, charset_r))
		return false;
	if (slice_equal_nocase(*charset_r, SLICE("UTF-8")) ||
		slice_equal_nocase(*charset_r, SLICE("US-ASCII")))
		return true;
	return is_known(lex->arena, *charset_r) ||
	       lex_no(lex, "BADCHARSET (UTF-8 US-ASCII)", "The charset is not known");
}

static bool take_keys(
	struct lex *lex, struct slice charset, struct imap_command *command)
{
	return imap_parse_keys(lex, charset, &command->search);
}

/* " RETURN (…)", if it is there, and the space behind it. */
static bool take_beginning(struct lex *lex, struct imap_search *search)
{
	if (!lex_space(lex))
		return false;
	return !lex_if_word(lex, "RETURN") ||
	       (lex_space(lex) && take_returns(lex, search) && lex_space(lex));
}

bool imap_parse_search(struct lex *lex, struct imap_command *command)
{
	struct slice charset = SLICE("UTF-8");

	if (!take_beginning(lex, &command->search))
		return false;
	if (lex_if_word(lex, "CHARSET") &&
		(!lex_space(lex) || !take_charset(lex, &charset) || !lex_space(lex)))
		return false;
	return take_keys(lex, charset, command);
}

bool imap_parse_batches(struct lex *lex, struct imap_command *command)
{
	struct imap_batches *batches = &command->batches;
	uint32_t first;

	*batches = (struct imap_batches){.first = 1, .last = UINT32_MAX};
	if (!lex_space(lex) || !lex_nonzero(lex, &batches->size))
		return false;
	if (!lex_if_char(lex, ' '))
		return true;
	if (!lex_nonzero(lex, &batches->first) || !lex_char(lex, ':') ||
		!lex_nonzero(lex, &batches->last))
		return false;
	first = batches->first;
	if (first > batches->last) {
		batches->first = batches->last;
		batches->last = first;
	}
	return true;
}

static bool take_order(struct lex *lex, struct imap_search *search)
{
	static const char *const names[] = {"ARRIVAL", "CC", "DATE", "FROM", "SIZE",
		"SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"};
	struct imap_sort_key *keys = arena_take_array(
		lex->arena, IMAP_SORT_KEYS, sizeof(*keys));

	search->sort = keys;
	if (!lex_char(lex, '('))
		return false;
	do {
		unsigned i = 0;
		bool reverse = lex_if_word(lex, "REVERSE");

		if (reverse && !lex_space(lex))
			return false;
		while (i < 9 && !lex_if_word(lex, names[i]))
			i++;
		if (i == 9)
			return lex_bad(lex, "Unknown sort key");
		if (search->sort_count == IMAP_SORT_KEYS)
			return lex_bad(lex, "Too many sort keys");
		keys[search->sort_count++] = (struct imap_sort_key){
			.kind = (enum imap_sort_kind)i, .reverse = reverse};
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

bool imap_parse_sort(struct lex *lex, struct imap_command *command)
{
	struct slice charset;

	return take_beginning(lex, &command->search) &&
	       take_order(lex, &command->search) && lex_space(lex) &&
	       take_charset(lex, &charset) && lex_space(lex) &&
	       take_keys(lex, charset, command);
}

bool imap_parse_thread(struct lex *lex, struct imap_command *command)
{
	struct slice charset;

	if (!lex_space(lex))
		return false;
	if (lex_if_word(lex, "ORDEREDSUBJECT"))
		command->search.thread = IMAP_THREAD_ORDEREDSUBJECT;
	else if (!lex_if_word(lex, "REFERENCES"))
		return lex_bad(lex, "Unknown threading algorithm");
	return lex_space(lex) && take_charset(lex, &charset) && lex_space(lex) &&
	       take_keys(lex, charset, command);
}
