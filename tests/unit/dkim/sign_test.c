/* Signing: what is signed, how it is laid out, and that it verifies. */
#include "check.h"

#include <pthread.h>

#include "sample.h"
#include "base/failure.h"

static const struct sample_record records[] = {
	{"ed._domainkey.example.com", SAMPLE_ED25519_RECORD},
	{"rsa._domainkey.example.com", SAMPLE_RSA_RECORD},
	{NULL, NULL},
};

struct keys {
	struct dkim_key *keys[2];
	struct dkim_signing signings[2];
};

static void keys_init(struct keys *keys)
{
	keys->keys[0] = dkim_key_create(
		SLICE("example.com"), SLICE("rsa"), SLICE(SAMPLE_RSA_PEM));
	keys->keys[1] = dkim_key_create(
		SLICE("example.com"), SLICE("ed"), SLICE(SAMPLE_ED25519_PEM));
	for (int i = 0; i < 2; i++) {
		keys->signings[i].key = keys->keys[i];
		keys->signings[i].domain = SLICE("Example.com");
	}
}

static void keys_finish(struct keys *keys)
{
	dkim_key_destroy(&keys->keys[0]);
	dkim_key_destroy(&keys->keys[1]);
}

static const struct {
	const char *header, *body;
} messages[] = {
	{SAMPLE_HEADER, SAMPLE_BODY},
	{SAMPLE_HEADER, ""},
	{"From: a@example.com\r\n", "\r\n\r\n"},
	{"from :a@example.com\r\nSUBJECT:  \r\n \t folded \t\r\n twice  \r\n",
		"a \t b  \r\n"},
	{"Received: by x\r\nReturn-Path: <>\r\nFrom: a@example.com\r\nFrom: "
	 "b@example.com\r\n"
	 "Subject: \xc3\xa4\r\nReferences: <1@a> <2@b>\r\nSubject: two\r\nBcc: "
	 "c@example.com\r\n",
		"no line end"},
	{"From: a@example.com", " \r\n\t\r\n"},
};

CASE("what we sign, we verify: both keys, all four canonical forms")
{
	struct keys keys;

	keys_init(&keys);
	for (size_t i = 0; i < ARRAY_COUNT(messages) * 4; i++) {
		enum dkim_canon form[2] = {i & 1, i >> 1 & 1};
		struct slice header = slice_of(messages[i / 4].header);
		struct slice body = slice_of(messages[i / 4].body);
		struct buffer text = {0};
		struct dkim_verifier *verifier;

		CHECK(sample_sign(header, body, keys.signings, 2, form, &text));
		buffer_append_format(&text, "%s\r\n%s%s", messages[i / 4].header,
			slice_ends(header, SLICE("\r\n")) ? "" : "\r\n",
			messages[i / 4].body);
		verifier = sample_verify(
			buffer_contents(&text), records, "example.com", SAMPLE_TIME);
		if (CHECK_NUMBER(dkim_verify_result_count(verifier), 2))
			for (size_t k = 0; k < 2; k++) {
				const struct dkim_verdict *verdict = dkim_verify_result(
					verifier, k);

				CHECK_SLICE(slice_of(verdict->reason), "");
				CHECK_NUMBER(verdict->result, DKIM_PASS);
				CHECK_NUMBER(verdict->alignment, DKIM_ALIGN_EXACT);
			}
		dkim_verify_destroy(&verifier);
		buffer_finish(&text);
	}
	keys_finish(&keys);
}

CASE("the field, byte for byte")
{
	enum dkim_canon form[2] = {DKIM_CANON_RELAXED, DKIM_CANON_RELAXED};
	struct buffer text = {0};
	struct keys keys;

	keys_init(&keys);
	CHECK(sample_sign(SLICE(SAMPLE_HEADER), SLICE(SAMPLE_BODY), keys.signings + 1,
		1, form, &text));
	CHECK_SLICE(buffer_contents(&text),
		"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; "
		"d=example.com;\r\n"
		" s=ed; t=1528637909; "
		"h=From:From:To:To:Cc:Subject:Subject:Date:Date:\r\n"
		" Message-ID:Message-ID:Reply-To:MIME-Version:Content-Type:\r\n"
		" Content-Transfer-Encoding:List-Unsubscribe:List-Unsubscribe-Post;\r\n"
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		" b=hqzn+7ydifslrcNH1dm5s6vZPsq87GACWS7HXHCSFeJlrsi/"
		"wEfav7KL+5FAWhUnJjB4WGQK4\r\n"
		" Fuj+lyM7P2nDw==\r\n");
	buffer_finish(&text);
	keys_finish(&keys);
}

CASE("lines are folded at 76 columns, between tags, names and inside b= only")
{
	enum dkim_canon form[2] = {DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE};
	struct buffer header = {0}, text = {0};
	struct keys keys;
	struct slice rest;
	bool in_b = false;

	keys_init(&keys);
	buffer_append(&header, SLICE(SAMPLE_HEADER));
	for (int i = 0; i < 40; i++)
		buffer_append_format(
			&header, "Resent-Message-ID: <%d@example.com>\r\n", i);
	CHECK(sample_sign(
		buffer_contents(&header), SLICE("x"), keys.signings, 1, form, &text));
	rest = buffer_contents(&text);
	while (rest.size > 0) {
		struct slice line = slice_part(
			rest, 0, slice_find(rest, SLICE("\r\n")));
		char last = line.size ? line.at[line.size - 1] : '\0';

		CHECK(line.size <= 76 && line.size > 1);
		if (rest.at != buffer_contents(&text).at)
			CHECK(line.at[0] == ' ' && line.at[1] != ' ');
		in_b = in_b || slice_starts(line, SLICE(" b="));
		CHECK(in_b || last == ';' || last == ':');
		rest = slice_from(rest, line.size + 2);
	}
	CHECK(in_b);
	buffer_finish(&header), buffer_finish(&text);
	keys_finish(&keys);
}

/* One more of any of these, in front or behind, breaks the signature. */
CASE("over-signed fields cannot be added")
{
	static const char *const names[] = {"From", "To", "Cc", "Subject", "Date",
		"Message-ID", "Reply-To", "MIME-Version", "Content-Type",
		"Content-Transfer-Encoding", "List-Unsubscribe",
		"List-Unsubscribe-Post"};
	static const char *const free_names[] = {"Received", "Return-Path", "Bcc",
		"X-Other", "DKIM-Signature", "Comments", "Sender", "List-Id"};
	enum dkim_canon form[2] = {DKIM_CANON_RELAXED, DKIM_CANON_RELAXED};
	struct buffer signature = {0};
	struct keys keys;

	keys_init(&keys);
	CHECK(sample_sign(SLICE(SAMPLE_HEADER), SLICE(SAMPLE_BODY), keys.signings, 1,
		form, &signature));
	for (size_t i = 0; i < (ARRAY_COUNT(names) + ARRAY_COUNT(free_names)) * 2;
		i++) {
		bool over = i / 2 < ARRAY_COUNT(names);
		const char *name = over ? names[i / 2]
					: free_names[i / 2 - ARRAY_COUNT(names)];
		struct buffer text = {0};
		struct dkim_verifier *verifier;

		if (i % 2)
			buffer_append_format(&text, "%s: added\r\n", name);
		buffer_append(&text, buffer_contents(&signature));
		buffer_append(&text, SLICE(SAMPLE_HEADER));
		if (i % 2 == 0)
			buffer_append_format(&text, "%s: added\r\n", name);
		buffer_append(&text, SLICE("\r\n" SAMPLE_BODY));
		verifier = sample_verify(
			buffer_contents(&text), records, "", SAMPLE_TIME);
		for (size_t k = 0; k < dkim_verify_result_count(verifier); k++) {
			const struct dkim_verdict *verdict = dkim_verify_result(
				verifier, k);

			if (verdict->selector.size == 0)
				continue; /* the DKIM-Signature just added */
			if (!CHECK_NUMBER(
				    verdict->result, over ? DKIM_FAIL : DKIM_PASS))
				fprintf(stderr, "%s, %s\n", name,
					i % 2 ? "front" : "back");
		}
		dkim_verify_destroy(&verifier);
		buffer_finish(&text);
	}
	buffer_finish(&signature);
	keys_finish(&keys);
}

static struct slice signed_names(struct slice field)
{
	struct slice from = slice_from(field, slice_find(field, SLICE("h=")) + 2);

	return slice_part(from, 0, slice_index(from, ';'));
}

CASE("fields signed where present, and those never signed")
{
	enum dkim_canon form[2] = {DKIM_CANON_RELAXED, DKIM_CANON_RELAXED};
	struct buffer text = {0};
	struct slice names;
	struct keys keys;

	keys_init(&keys);
	CHECK(sample_sign(
		SLICE("Return-Path: <>\r\nReceived: x\r\nFrom: a@b.example\r\n"
		      "sender: a@b.example\r\nIn-Reply-To: <1@b>\r\nBcc: x\r\n"
		      "Resent-From: a@b\r\nResent-From: c@d\r\nlist-id: <x>\r\n"
		      "Feedback-ID: a\r\nX-Mailer: y\r\n"),
		SLICE(""), keys.signings, 1, form, &text));
	names = signed_names(buffer_contents(&text));
	CHECK(slice_starts(names, SLICE("From:From:To:Cc:")));
	CHECK(slice_find(names, SLICE("Sender:In-Reply-To:")) < names.size);
	CHECK(slice_find(names, SLICE("Resent-From:")) < names.size);
	CHECK(slice_ends(names, SLICE("Feedback-ID")));
	CHECK(slice_find(names, SLICE("Received")) == names.size);
	CHECK(slice_find(names, SLICE("Return-Path")) == names.size);
	CHECK(slice_find(names, SLICE("Bcc")) == names.size);
	CHECK(slice_find(names, SLICE("X-Mailer")) == names.size);
	CHECK(slice_find(buffer_contents(&text), SLICE(" l=")) == buffer_size(&text));
	CHECK(slice_find(buffer_contents(&text), SLICE(" x=")) == buffer_size(&text));
	CHECK(slice_find(buffer_contents(&text), SLICE(" i=")) == buffer_size(&text));
	buffer_finish(&text);
	keys_finish(&keys);
}

/* prepare → sign → format by hand, with x= and i=. */
static bool finish(struct dkim_signer *signer, struct slice block,
	const struct keys *keys, struct slice identity, struct buffer *out)
{
	struct arena arena = {0};
	struct header header = sample_fields(&arena, block);
	struct dkim_message message = {
		.fields = header.fields,
		.field_count = header.count,
		.signings = keys->signings,
		.signing_count = 2,
		.time_s = SAMPLE_TIME,
		.lifetime_s = 3600,
		.identity = identity,
	};
	bool done = dkim_signer_prepare(signer, &message);

	arena_finish(&arena);
	return done && dkim_signer_sign(signer) && dkim_signer_format(signer, out);
}

CASE("lifetime and identity; one body under two headers; a signer used again")
{
	struct dkim_signer *signer = dkim_signer_create();
	struct buffer text = {0};
	struct dkim_verifier *verifier;
	struct keys keys;

	keys_init(&keys);
	for (int round = 0; round < 3; round++) {
		if (round < 2) {
			dkim_signer_begin(
				signer, DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED);
			dkim_signer_feed(signer, SLICE("a"));
			dkim_signer_feed(signer, SLICE(" \r\n"));
		}
		buffer_clear(&text);
		CHECK(finish(signer, SLICE("From: a@example.com\r\n"), &keys,
			SLICE("j;o=e@Mail.example.com"), &text));
		CHECK(slice_find(buffer_contents(&text), SLICE("x=1528641509;")) <
			buffer_size(&text));
		CHECK(slice_find(buffer_contents(&text),
			      SLICE("i=j=3Bo=3De@Mail.example.com;")) <
			buffer_size(&text));
		buffer_append(&text, SLICE("From: a@example.com\r\n\r\na\r\n"));
		verifier = sample_verify(
			buffer_contents(&text), records, "", SAMPLE_TIME + 3600);
		CHECK_NUMBER(dkim_verify_result_count(verifier), 2);
		for (size_t i = 0; i < 2; i++) {
			CHECK_NUMBER(
				dkim_verify_result(verifier, i)->result, DKIM_PASS);
			CHECK_SLICE(dkim_verify_result(verifier, i)->identity,
				"j;o=e@Mail.example.com");
		}
		dkim_verify_destroy(&verifier);
	}
	CHECK(!finish(signer, SLICE("From: a@example.com\r\n"), &keys,
		SLICE("a@example.org"), &text));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	CHECK(!finish(
		signer, SLICE("From: a@example.com\r\n"), &keys, SLICE("a"), &text));
	buffer_finish(&text);
	dkim_signer_destroy(&signer);
	CHECK(!signer);
	keys_finish(&keys);
}

CASE("what cannot be signed: no From, too many fields, no room")
{
	enum dkim_canon form[2] = {DKIM_CANON_RELAXED, DKIM_CANON_RELAXED};
	struct buffer header = {0}, text = {0}, small;
	struct keys keys;

	keys_init(&keys);
	CHECK(!sample_sign(
		SLICE("Subject: x\r\n"), SLICE("x"), keys.signings, 1, form, &text));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	CHECK_SLICE(slice_of(failure_last()->text), "no From field to sign");
	CHECK(!sample_sign(SLICE(""), SLICE("x"), keys.signings, 1, form, &text));
	buffer_append(&header, SLICE("From: a@example.com\r\n"));
	for (int i = 0; i < 512; i++)
		buffer_append(&header, SLICE("To: b@example.com\r\n"));
	CHECK(!sample_sign(
		buffer_contents(&header), SLICE("x"), keys.signings, 1, form, &text));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	buffer_clear(&header);
	buffer_append(&header, SLICE("From: a@example.com\r\nSubject: "));
	for (int i = 0; i < DKIM_HEADER_SIZE_MAX / 16; i++)
		buffer_append(&header, SLICE("0123456789abcdef"));
	CHECK(!sample_sign(
		buffer_contents(&header), SLICE("x"), keys.signings, 1, form, &text));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_NUMBER(buffer_size(&text), 0);
	buffer_init(&small, 100);
	CHECK(!sample_sign(
		SLICE(SAMPLE_HEADER), SLICE("x"), keys.signings, 1, form, &small));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	keys.signings[0].domain = SLICE("localhost");
	CHECK(!sample_sign(
		SLICE(SAMPLE_HEADER), SLICE("x"), keys.signings, 1, form, &text));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	buffer_finish(&header), buffer_finish(&text), buffer_finish(&small);
	keys_finish(&keys);
}

struct work {
	pthread_t thread;
	struct dkim_signer *signer;
	bool done;
};

static void *sign_elsewhere(void *context)
{
	struct work *work = context;

	work->done = true;
	for (int i = 0; i < 20; i++)
		work->done = work->done && dkim_signer_sign(work->signer);
	return NULL;
}

CASE("several threads sign with the same keys at once")
{
	struct arena arena = {0};
	struct header header = sample_fields(&arena, SLICE(SAMPLE_HEADER));
	struct buffer first = {0}, text = {0};
	struct work works[6];
	struct keys keys;
	struct dkim_message message = {
		.fields = header.fields,
		.field_count = header.count,
		.signings = keys.signings,
		.signing_count = 2,
	};

	keys_init(&keys);
	for (size_t i = 0; i < ARRAY_COUNT(works); i++) {
		works[i].signer = dkim_signer_create();
		dkim_signer_feed(works[i].signer, SLICE(SAMPLE_BODY));
		CHECK(dkim_signer_prepare(works[i].signer, &message));
		CHECK(pthread_create(
			      &works[i].thread, NULL, sign_elsewhere, &works[i]) == 0);
	}
	for (size_t i = 0; i < ARRAY_COUNT(works); i++) {
		struct buffer *out = i == 0 ? &first : &text;

		CHECK(pthread_join(works[i].thread, NULL) == 0);
		CHECK(works[i].done);
		buffer_clear(&text);
		CHECK(dkim_signer_format(works[i].signer, out));
		CHECK(slice_equal(buffer_contents(out), buffer_contents(&first)));
		dkim_signer_destroy(&works[i].signer);
	}
	buffer_finish(&first), buffer_finish(&text);
	keys_finish(&keys);
	arena_finish(&arena);
}

CHECK_MAIN()
