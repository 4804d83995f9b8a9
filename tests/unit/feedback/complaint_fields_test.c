/* The fields of RFC 9477: what is written is read again, and nothing else. */
#include "feedback/complaint_fields.h"

#include "check.h"

#define SECRET "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define LONG                                                           \
	"a.very.long.local.part.of.somebody.who.has.a.name.like.that@" \
	"department.of.names.example.org"

static struct verp_secret secret_of(const char *text)
{
	struct verp_secret secret = {0};

	CHECK(verp_secret_parse(slice_of(text), &secret));
	return secret;
}

static struct slice value_of(struct slice fields)
{
	size_t at = slice_find(fields, SLICE("CFBL-Feedback-ID:"));

	return slice_from(fields, at + 17);
}

static const struct {
	const char *tenant, *recipient;
} subjects[] = {
	{"", ""},
	{"", "ann@receiver.example"},
	{"shop.eu", "ann@receiver.example"},
	{"A-tenant-of-a-long-name-that-does-not-fit-as-it-is", LONG},
};

CASE("RFC 9477: what is written is read")
{
	struct verp_secret secret = secret_of(SECRET);
	struct message_id id = message_id_make(1795252000000, 5, 77);

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct arena arena = {0};
		struct verp_subject subject = {.id = &id,
			.tenant = slice_of(subjects[i].tenant),
			.recipient = slice_of(subjects[i].recipient),
			.days = 21};
		struct slice fields = complaint_fields_write(
			&arena, &secret, SLICE("fbl@sender.example"), &subject);
		struct verp_token token;
		struct slice recipient;

		CHECK(slice_starts(fields,
			SLICE("CFBL-Address: fbl@sender.example; report=arf\r\n")));
		CHECK(slice_find(fields, SLICE("receiver")) == fields.size);
		if (!CHECK(complaint_fields_read(
			    &arena, &secret, value_of(fields), &token, &recipient)))
			continue;
		CHECK_SLICE(message_id_slice(&token.id), id.text);
		CHECK(verp_is_of_tenant(&token, subject.tenant));
		CHECK_SLICE(recipient, subjects[i].recipient);
		arena_finish(&arena);
	}
}

CASE("lines are short, and hold what the grammar allows")
{
	struct verp_secret secret = secret_of(SECRET);
	struct message_id id = message_id_make(1795252000000, 5, 77);
	struct verp_subject subject = {.id = &id,
		.tenant = SLICE("shop.eu"),
		.recipient = SLICE(LONG),
		.days = 21};
	struct arena arena = {0};
	struct slice rest = complaint_fields_write(
		&arena, &secret, SLICE("fbl@sender.example"), &subject);
	struct slice value = slice_trim_all(value_of(rest));

	for (size_t i = 0; i < value.size; i++)
		CHECK(ascii_is_alnum(value.at[i]) || strchr("-!=:\r\n ", value.at[i]));
	while (rest.size)
		CHECK(slice_cut(&rest, '\n').size <= 90);
	arena_finish(&arena);
}

CASE("what is changed, or of another secret, is none of ours")
{
	static const char other[] =
		"ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	struct verp_secret secret = secret_of(SECRET), stranger = secret_of(other);
	struct message_id id = message_id_make(1795252000000, 5, 77);
	struct verp_subject subject = {
		.id = &id, .recipient = SLICE("ann@receiver.example"), .days = 21};
	struct arena arena = {0};
	struct slice fields = complaint_fields_write(
		&arena, &secret, SLICE("fbl@sender.example"), &subject);
	struct slice value = slice_trim_all(value_of(fields)), recipient;
	struct verp_token token;

	CHECK(!complaint_fields_read(&arena, &stranger, value, &token, &recipient));
	CHECK(!complaint_fields_read(&arena, &secret, SLICE_EMPTY, &token, &recipient));
	CHECK(!complaint_fields_read(
		&arena, &secret, SLICE("111:222"), &token, &recipient));
	for (size_t cut = 0; cut < value.size; cut++) {
		bool read = complaint_fields_read(
			&arena, &secret, slice_part(value, 0, cut), &token, &recipient);

		CHECK(!read || recipient.size == 0);
	}
	for (size_t i = 0; i < value.size; i++) {
		struct slice changed = arena_copy(&arena, value);
		char *at = (char *)(uintptr_t)changed.at + i;

		if (!ascii_is_alnum(*at))
			continue;
		*at = *at == '7' ? '8' : '7';
		if (*at == value.at[i])
			continue;
		/* The case of a letter may change, it says the same. */
		CHECK(!complaint_fields_read(
			      &arena, &secret, changed, &token, &recipient) ||
			recipient.size == 0 ||
			slice_equal_nocase(recipient, subject.recipient));
	}
	arena_finish(&arena);
}

CHECK_MAIN()
