/* The text of a DKIM-Signature field (RFC 6376 section 3.5) and of ARC's two like
 * it (RFC 8617 section 4.1). */
#include "dkim/fold.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/encode.h"

/* The field on its way; a failed append stays failed. */
struct fold {
	struct buffer *out;
	size_t column;
	bool failed;
};

static void put(struct fold *fold, struct slice text);
static void start_word(struct fold *fold, size_t size, const char *space);
static void put_start(struct fold *fold, const struct dkim_fold_facts *facts);
static void put_forms(struct fold *fold, const struct dkim_fold_facts *facts);
static void put_hash(struct fold *fold, const uint8_t hash[DKIM_HASH_SIZE]);
static void put_tag(struct fold *fold, const char *name, struct slice value);
static void put_number(struct fold *fold, const char *name, int64_t value);
static void put_names(struct fold *fold, const struct dkim_selection *selection);
static void put_identity(struct fold *fold, struct slice identity);

bool dkim_fold_unsigned(const struct dkim_fold_facts *facts, struct buffer *out)
{
	struct fold fold = {.out = out};
	bool covers_body = facts->kind != DKIM_FIELD_ARC_SEAL;

	put_start(&fold, facts);
	put_tag(&fold, "a", slice_of(dkim_algorithm_name(facts->algorithm)));
	if (covers_body)
		put_forms(&fold, facts);
	put_tag(&fold, "d", facts->domain);
	put_tag(&fold, "s", facts->selector);
	put_number(&fold, "t", facts->time_s);
	if (facts->expires_s > 0)
		put_number(&fold, "x", facts->expires_s);
	if (facts->identity.size > 0)
		put_identity(&fold, facts->identity);
	if (covers_body) {
		put_names(&fold, facts->selection);
		put_hash(&fold, facts->body_hash);
	}
	put(&fold, SLICE("\r\n b="));
	return !fold.failed;
}

bool dkim_fold_signature(struct slice signature, struct buffer *out)
{
	char text[BASE64_SIZE(DKIM_SIGNATURE_SIZE_MAX)];
	struct slice rest = slice_make(text, base64_encode(signature, text));
	size_t room = DKIM_FOLD_COLUMNS - sizeof " b=" + 1;
	bool done = true;

	for (; done && rest.size > room; room = DKIM_FOLD_COLUMNS - 1) {
		done = buffer_append(out, slice_part(rest, 0, room)) &&
		       buffer_append(out, SLICE("\r\n "));
		rest = slice_from(rest, room);
	}
	return done && buffer_append(out, rest) && buffer_append(out, SLICE("\r\n"));
}

static void put(struct fold *fold, struct slice text)
{
	if (!fold->failed)
		fold->failed = !buffer_append(fold->out, text);
	fold->column += text.size;
}

/* SPACE before a word of that size, or a new line if it would pass the last
 * column. */
static void start_word(struct fold *fold, size_t size, const char *space)
{
	struct slice before = slice_of(space);

	if (fold->column + before.size + size > DKIM_FOLD_COLUMNS) {
		put(fold, SLICE("\r\n "));
		fold->column = 1;
	} else {
		put(fold, before);
	}
}

/* The field's name and its first tags. */
static void put_start(struct fold *fold, const struct dkim_fold_facts *facts)
{
	static const char *const names[] = {
		[DKIM_FIELD_SIGNATURE] = "DKIM-Signature: v=1;",
		[DKIM_FIELD_ARC_MESSAGE] = "ARC-Message-Signature:",
		[DKIM_FIELD_ARC_SEAL] = "ARC-Seal:",
	};

	put(fold, slice_of(names[facts->kind]));
	if (facts->kind != DKIM_FIELD_SIGNATURE)
		put_number(fold, "i", facts->instance);
	if (facts->kind == DKIM_FIELD_ARC_SEAL)
		put_tag(fold, "cv", slice_of(facts->chain));
}

static void put_forms(struct fold *fold, const struct dkim_fold_facts *facts)
{
	char text[24];

	snprintf(text, sizeof text, "%s/%s", dkim_canon_name(facts->header),
		dkim_canon_name(facts->body));
	put_tag(fold, "c", slice_of(text));
}

static void put_hash(struct fold *fold, const uint8_t hash[DKIM_HASH_SIZE])
{
	char text[BASE64_SIZE(DKIM_HASH_SIZE)];

	base64_encode(slice_make(hash, DKIM_HASH_SIZE), text);
	put_tag(fold, "bh", slice_make(text, sizeof text));
}

static void put_tag(struct fold *fold, const char *name, struct slice value)
{
	struct slice tag = slice_of(name);

	start_word(fold, tag.size + value.size + 2, " ");
	put(fold, tag);
	put(fold, SLICE("="));
	put(fold, value);
	put(fold, SLICE(";"));
}

static void put_number(struct fold *fold, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, value);
	put_tag(fold, name, slice_of(text));
}

/* Names keep together with the colon behind them. */
static void put_names(struct fold *fold, const struct dkim_selection *selection)
{
	for (size_t i = 0; i < selection->count; i++) {
		struct slice name = selection->at[i].name;

		start_word(fold, name.size + (i == 0 ? 3 : 1), i == 0 ? " " : "");
		if (i == 0)
			put(fold, SLICE("h="));
		put(fold, name);
		put(fold, i + 1 < selection->count ? SLICE(":") : SLICE(";"));
	}
}

/* The local part as dkim-quoted-printable (RFC 6376 section 2.11). */
static void put_identity(struct fold *fold, struct slice identity)
{
	struct buffer text = {0};

	for (size_t i = 0; i < identity.size; i++) {
		unsigned char c = (unsigned char)identity.at[i];

		if (c > ' ' && c < 0x7f && c != ';' && c != '=')
			buffer_append_byte(&text, (char)c);
		else
			buffer_append_format(&text, "=%02X", c);
	}
	put_tag(fold, "i", buffer_contents(&text));
	buffer_finish(&text);
}
