/* Reads what FETCH asks for (RFC 9051 6.4.5, RFC 3516, RFC 7162, RFC 8474, RFC
 * 8514, RFC 8970). */
#include "base/buffer.h"
#include "imap/lex_core.h"
#include "imap/parse_core.h"
#include "mime/imap_text.h"

#include <inttypes.h>

static const struct known {
	const char *name;
	enum imap_item_kind kind;
	enum imap_section_text text;
	bool peek;
} known_items[] = {
	{"FLAGS", IMAP_ITEM_FLAGS, 0, true},
	{"UID", IMAP_ITEM_UID, 0, true},
	{"INTERNALDATE", IMAP_ITEM_INTERNALDATE, 0, true},
	{"RFC822.SIZE", IMAP_ITEM_SIZE, 0, true},
	{"MODSEQ", IMAP_ITEM_MODSEQ, 0, true},
	{"EMAILID", IMAP_ITEM_EMAILID, 0, true},
	{"THREADID", IMAP_ITEM_THREADID, 0, true},
	{"SAVEDATE", IMAP_ITEM_SAVEDATE, 0, true},
	{"ENVELOPE", IMAP_ITEM_ENVELOPE, 0, true},
	{"BODY", IMAP_ITEM_BODY, 0, true},
	{"BODYSTRUCTURE", IMAP_ITEM_BODYSTRUCTURE, 0, true},
	{"PREVIEW", IMAP_ITEM_PREVIEW, 0, true},
	{"RFC822", IMAP_ITEM_SECTION, IMAP_SECTION_ALL, false},
	{"RFC822.HEADER", IMAP_ITEM_SECTION, IMAP_SECTION_HEADER, true},
	{"RFC822.TEXT", IMAP_ITEM_SECTION, IMAP_SECTION_TEXT, false},
};

static const struct {
	const char *name;
	unsigned kinds;
} macros[] = {
	{"FAST", 1U << IMAP_ITEM_FLAGS | 1U << IMAP_ITEM_INTERNALDATE |
			 1U << IMAP_ITEM_SIZE},
	{"ALL", 1U << IMAP_ITEM_FLAGS | 1U << IMAP_ITEM_INTERNALDATE |
			1U << IMAP_ITEM_SIZE | 1U << IMAP_ITEM_ENVELOPE},
	{"FULL", 1U << IMAP_ITEM_FLAGS | 1U << IMAP_ITEM_INTERNALDATE |
			 1U << IMAP_ITEM_SIZE | 1U << IMAP_ITEM_ENVELOPE |
			 1U << IMAP_ITEM_BODY},
};

#define KNOWN (sizeof(known_items) / sizeof(*known_items))

static bool is_item_char(char c)
{
	return lex_is_atom_char(c) && c != '[' && c != '<';
}

static bool is_upper_of(char c)
{
	return ascii_is_alnum(c) || c == '.';
}

/* Once each, but for sections. */
static bool add(struct lex *lex, struct imap_fetch *fetch, const struct imap_item *item)
{
	bool section = item->kind >= IMAP_ITEM_SECTION;
	struct imap_item *items;

	if (!section && (fetch->kinds & 1U << item->kind))
		return true;
	if (fetch->count == IMAP_FETCH_ITEMS)
		return lex_bad(lex, "Too many items");
	items = arena_grow(lex->arena, fetch->items, fetch->count, sizeof(*items));
	items[fetch->count++] = *item;
	fetch->items = items;
	fetch->kinds |= 1U << item->kind;
	if (!item->peek)
		fetch->sets_seen = true;
	return true;
}

static bool take_numbers(struct lex *lex, struct imap_section *section, bool *more_r)
{
	uint32_t *numbers = NULL;

	*more_r = true;
	while (lex->rest.size && ascii_is_digit(lex->rest.at[0])) {
		uint32_t number;

		if (!lex_nonzero(lex, &number))
			return false;
		if (section->number_count == IMAP_SECTION_DEPTH)
			return lex_bad(lex, "The section is nested too deep");
		numbers = arena_grow(
			lex->arena, numbers, section->number_count, sizeof(*numbers));
		numbers[section->number_count++] = number;
		section->numbers = numbers;
		*more_r = lex_if_char(lex, '.');
		if (!*more_r)
			return true;
	}
	if (section->number_count && lex_is_char(lex, ']'))
		return lex_bad(lex, "A section ends in a dot");
	return true;
}

static bool take_names(struct lex *lex, struct imap_section *section)
{
	struct slice *names = NULL;

	if (!lex_space(lex) || !lex_char(lex, '('))
		return false;
	do {
		struct slice name;

		if (!lex_astring(lex, &name))
			return false;
		if (!name.size || section->name_count == IMAP_SECTION_NAMES)
			return lex_bad(lex, name.size ? "Too many header fields"
						      : "An empty header field");
		names = arena_grow(
			lex->arena, names, section->name_count, sizeof(*names));
		names[section->name_count++] = name;
	} while (lex_if_char(lex, ' '));
	section->names = names;
	return lex_char(lex, ')');
}

static bool take_text(struct lex *lex, struct imap_section *section)
{
	struct slice word = lex_take(lex, is_upper_of);

	if (slice_equal_nocase(word, SLICE("HEADER"))) {
		section->text = IMAP_SECTION_HEADER;
	} else if (slice_equal_nocase(word, SLICE("TEXT"))) {
		section->text = IMAP_SECTION_TEXT;
	} else if (slice_equal_nocase(word, SLICE("MIME")) && section->number_count) {
		section->text = IMAP_SECTION_MIME;
	} else if (slice_equal_nocase(word, SLICE("HEADER.FIELDS"))) {
		section->text = IMAP_SECTION_FIELDS;
		return take_names(lex, section);
	} else if (slice_equal_nocase(word, SLICE("HEADER.FIELDS.NOT"))) {
		section->text = IMAP_SECTION_FIELDS_NOT;
		return take_names(lex, section);
	} else {
		return lex_bad(lex, "There is no such section");
	}
	return true;
}

/* "[1.2.HEADER]" */
static bool take_section(struct lex *lex, struct imap_item *item)
{
	bool more;

	if (!lex_char(lex, '[') || !take_numbers(lex, &item->section, &more))
		return false;
	if (more && !lex_is_char(lex, ']')) {
		if (item->kind != IMAP_ITEM_SECTION)
			return lex_bad(lex, "There is no such section");
		if (!take_text(lex, &item->section))
			return false;
	}
	return lex_char(lex, ']');
}

/* "<0.1024>" */
static bool take_partial(struct lex *lex, struct imap_item *item)
{
	uint32_t from, size;

	if (item->kind == IMAP_ITEM_BINARY_SIZE || !lex_if_char(lex, '<'))
		return true;
	item->partial = true;
	if (!lex_number(lex, &from) || !lex_char(lex, '.') ||
		!lex_nonzero(lex, &size) || !lex_char(lex, '>'))
		return false;
	item->from = from;
	item->size = size;
	return true;
}

static void label_names(struct buffer *out, const struct imap_section *section)
{
	for (size_t i = 0; i < section->name_count; i++) {
		struct slice name = section->names[i];
		bool plain = true;

		for (size_t k = 0; k < name.size; k++)
			plain = plain && lex_is_atom_char(name.at[k]);
		buffer_append(out, i ? SLICE(" ") : SLICE(" ("));
		if (plain)
			buffer_append(out, name);
		else
			imap_string(out, name);
	}
	buffer_append_byte(out, ')');
}

static void make_label(struct arena *arena, struct imap_item *item)
{
	static const char *const texts[] = {
		"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"};
	const struct imap_section *section = &item->section;
	struct buffer out = {0};

	buffer_append(&out, item->kind == IMAP_ITEM_SECTION  ? SLICE("BODY[")
			    : item->kind == IMAP_ITEM_BINARY ? SLICE("BINARY[")
							     : SLICE("BINARY.SIZE["));
	for (size_t i = 0; i < section->number_count; i++)
		buffer_append_format(
			&out, i ? ".%" PRIu32 : "%" PRIu32, section->numbers[i]);
	if (section->number_count && section->text)
		buffer_append_byte(&out, '.');
	buffer_append(&out, slice_of(texts[section->text]));
	if (section->name_count)
		label_names(&out, section);
	buffer_append_byte(&out, ']');
	if (item->partial)
		buffer_append_format(&out, "<%" PRIu64 ">", item->from);
	item->label = arena_copy(arena, buffer_contents(&out));
	buffer_finish(&out);
}

static bool take_bracketed(struct lex *lex, struct slice word, struct imap_fetch *fetch)
{
	struct imap_item item = {.kind = IMAP_ITEM_SECTION};

	if (slice_equal_nocase(word, SLICE("BODY.PEEK")))
		item.peek = true;
	else if (slice_equal_nocase(word, SLICE("BINARY.PEEK")))
		item = (struct imap_item){.kind = IMAP_ITEM_BINARY, .peek = true};
	else if (slice_equal_nocase(word, SLICE("BINARY")))
		item.kind = IMAP_ITEM_BINARY;
	else if (slice_equal_nocase(word, SLICE("BINARY.SIZE")))
		item = (struct imap_item){.kind = IMAP_ITEM_BINARY_SIZE, .peek = true};
	else if (!slice_equal_nocase(word, SLICE("BODY")))
		return lex_bad(lex, "Unknown item");
	if (!take_section(lex, &item) || !take_partial(lex, &item))
		return false;
	make_label(lex->arena, &item);
	return add(lex, fetch, &item);
}

static bool take_lazy(struct lex *lex, struct imap_item *item)
{
	struct lex copy = *lex;

	if (!lex_if_char(&copy, ' ') || !lex_if_char(&copy, '('))
		return true;
	*lex = copy;
	item->lazy = true;
	return lex_word(lex, "LAZY") && lex_char(lex, ')');
}

static bool take_item(struct lex *lex, struct imap_fetch *fetch)
{
	struct slice word = lex_take(lex, is_item_char);

	if (lex_is_char(lex, '['))
		return take_bracketed(lex, word, fetch);
	for (size_t i = 0; i < KNOWN; i++) {
		struct imap_item item = {
			.kind = known_items[i].kind,
			.label = slice_of(known_items[i].name),
			.peek = known_items[i].peek,
			.section.text = known_items[i].text,
		};

		if (!slice_equal_nocase(word, item.label))
			continue;
		if (item.kind == IMAP_ITEM_PREVIEW && !take_lazy(lex, &item))
			return false;
		return add(lex, fetch, &item);
	}
	return lex_bad(lex, word.size ? "Unknown item" : "Missing argument");
}

static bool take_macro(struct lex *lex, struct imap_fetch *fetch, bool *is_r)
{
	*is_r = false;
	for (size_t m = 0; m < sizeof(macros) / sizeof(*macros); m++) {
		if (!lex_if_word(lex, macros[m].name))
			continue;
		*is_r = true;
		for (size_t i = 0; i < KNOWN; i++) {
			struct imap_item item = {.kind = known_items[i].kind,
				.label = slice_of(known_items[i].name),
				.peek = true};

			if ((macros[m].kinds & 1U << item.kind) &&
				!add(lex, fetch, &item))
				return false;
		}
	}
	return true;
}

static bool take_items(struct lex *lex, struct imap_fetch *fetch)
{
	bool macro;

	if (!take_macro(lex, fetch, &macro) || macro)
		return macro;
	if (!lex_if_char(lex, '('))
		return take_item(lex, fetch);
	do {
		if (!take_item(lex, fetch))
			return false;
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

/* "(CHANGEDSINCE 12 VANISHED)" */
static bool take_modifiers(struct lex *lex, struct imap_command *command)
{
	struct imap_fetch *fetch = &command->fetch;

	if (!lex_char(lex, '('))
		return false;
	do {
		if (lex_if_word(lex, "CHANGEDSINCE")) {
			fetch->changed_since = true;
			if (!lex_space(lex) || !lex_number64(lex, &fetch->since))
				return false;
			if (!fetch->since)
				return lex_bad(lex, "A mod-sequence may not be 0 here");
		} else if (lex_if_word(lex, "PARTIAL")) {
			if (!imap_parse_partial(
				    lex, &fetch->partial_first, &fetch->partial_last))
				return false;
		} else if (!lex_word(lex, "VANISHED")) {
			return false;
		} else {
			fetch->vanished = true;
		}
	} while (lex_if_char(lex, ' '));
	if (fetch->vanished && (!command->uid || !fetch->changed_since))
		return lex_bad(lex, "VANISHED needs UID FETCH and CHANGEDSINCE");
	if (fetch->partial_first && !command->uid)
		return lex_bad(lex, "PARTIAL needs UID FETCH");
	return lex_char(lex, ')');
}

/* RFC 7162 3.1.4.1: who asks what has changed is told the mod-sequences. */
static bool add_implied(struct lex *lex, struct imap_command *command)
{
	struct imap_item uid = {
		.kind = IMAP_ITEM_UID, .label = SLICE("UID"), .peek = true};
	struct imap_item modseq = {
		.kind = IMAP_ITEM_MODSEQ, .label = SLICE("MODSEQ"), .peek = true};

	return (!command->uid || add(lex, &command->fetch, &uid)) &&
	       (!command->fetch.changed_since || add(lex, &command->fetch, &modseq));
}

bool imap_parse_fetch(struct lex *lex, struct imap_command *command)
{
	if (!lex_space(lex) || !lex_set(lex, &command->fetch.set) || !lex_space(lex) ||
		!take_items(lex, &command->fetch))
		return false;
	if (lex_if_char(lex, ' ') && !take_modifiers(lex, command))
		return false;
	return add_implied(lex, command);
}
