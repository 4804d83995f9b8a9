/* Mailboxes in a document. */
#include "api/reading.h"

#define NAME_MAX_BYTES 320

/* A quoted string's inside, or the words as they are. */
static struct slice display_name(struct arena *arena, struct slice text)
{
	char *name;
	size_t size = 0;

	text = slice_trim(text);
	if (text.size < 2 || text.at[0] != '"' || !slice_ends(text, SLICE("\"")))
		return text;
	text = slice_part(text, 1, text.size - 2);
	name = arena_take(arena, text.size + 1);
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '\\' && i + 1 < text.size)
			i++;
		name[size++] = text.at[i];
	}
	return slice_make(name, size);
}

static bool read_parts(struct reading *reading, const struct doc *value,
	const struct place *place, struct slice *name_r, struct slice *address_r)
{
	struct problems *problems = &reading->request->problems;
	struct place name_place = PLACE(place, "name");
	struct place email_place = PLACE(place, "email");
	const struct doc *member = NULL;

	*name_r = *address_r = SLICE_EMPTY;
	while ((member = doc_next(value, member))) {
		struct slice key = doc_name(member);

		if (slice_equal(key, SLICE("email"))) {
			if (!read_line(reading, member, &email_place, ADDRESS_MAX,
				    address_r))
				return false;
		} else if (slice_equal(key, SLICE("name"))) {
			if (doc_kind(member) != DOC_NONE &&
				!read_line(reading, member, &name_place, NAME_MAX_BYTES,
					name_r))
				return false;
		} else {
			return problem_add(problems, place,
				"\"%.*s\" is not known here; allowed: email, name",
				SLICE_PRINT(key));
		}
	}
	return address_r->at || problem_add(problems, place, "\"email\" is missing");
}

/* "Jo <jo@example.com>", or the address alone. */
static void split(struct arena *arena, struct slice text, struct slice *name_r,
	struct slice *address_r)
{
	size_t open = slice_index_last(text, '<');

	text = slice_trim(text);
	*name_r = SLICE_EMPTY;
	*address_r = text;
	if (!slice_ends(text, SLICE(">")) || open >= text.size)
		return;
	open = slice_index_last(text, '<');
	*name_r = display_name(arena, slice_part(text, 0, open));
	*address_r = slice_part(text, open + 1, text.size - open - 2);
}

bool read_mailbox(struct reading *reading, const struct doc *value,
	const struct place *place, struct api_recipient *recipient_r)
{
	struct problems *problems = &reading->request->problems;
	struct arena *arena = &reading->request->arena;
	struct slice name, address, text;
	enum address_fault fault;

	if (doc_kind(value) == DOC_OBJECT) {
		if (!read_parts(reading, value, place, &name, &address))
			return false;
	} else if (doc_kind(value) != DOC_TEXT) {
		return problem_add(problems, place,
			"an address is a text, \"Jo <jo@example.com>\", or an object "
			"with email and name");
	} else {
		if (!read_line(reading, value, place, NAME_MAX_BYTES + ADDRESS_MAX + 5,
			    &text))
			return false;
		split(arena, text, &name, &address);
	}
	fault = address_parse(address, ADDRESS_UTF8, &recipient_r->address);
	if (fault != ADDRESS_OK)
		return problem_add(problems, place, "\"%.*s\" is no address: %s",
			SLICE_PRINT(address), address_fault_text(fault));
	recipient_r->mailbox = (struct header_mailbox){
		name, address_print_in(arena, &recipient_r->address)};
	recipient_r->pointer = place_print(arena, place);
	return true;
}

bool read_mailboxes(struct reading *reading, const struct doc *value,
	const struct place *place, struct api_recipient **list_r, size_t *count_r)
{
	bool list = doc_kind(value) == DOC_LIST, good = true;
	size_t count = list ? doc_count(value) : 1;
	const struct doc *element = NULL;

	if (doc_kind(value) == DOC_NONE || (list && !count)) {
		*count_r = 0;
		return true;
	}
	if (count > reading->rules->config->submission.recipients)
		return problem_add(&reading->request->problems, place,
			"a message has at most %llu recipients",
			(unsigned long long)
				reading->rules->config->submission.recipients);
	*list_r = arena_take_array(&reading->request->arena, count, sizeof(**list_r));
	for (size_t i = 0; i < count; i++) {
		struct place here = ELEMENT(place, i);

		element = list ? doc_next(value, element) : value;
		good &= read_mailbox(
			reading, element, list ? &here : place, &(*list_r)[i]);
	}
	*count_r = count;
	return good;
}
