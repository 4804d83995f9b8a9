/* Keys and messages of RFC 6376 and RFC 8463, and how tests sign and verify. */
#ifndef RINGPOST_TESTS_DKIM_SAMPLE_H
#define RINGPOST_TESTS_DKIM_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "dkim/key.h"
#include "dkim/sign.h"
#include "dkim/verify.h"
#include "mail/header.h"

/* RFC 8463 appendix A.1 */
#define SAMPLE_ED25519_PEM                                                   \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
	"-----END PRIVATE KEY-----\n"
#define SAMPLE_RSA_PEM                                                       \
	"-----BEGIN RSA PRIVATE KEY-----\n"                                  \
	"MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\n" \
	"Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\n" \
	"KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n" \
	"AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm\n" \
	"6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe\n" \
	"zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy\n" \
	"6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc\n" \
	"uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy\n" \
	"WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd\n" \
	"WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a\n" \
	"licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst\n" \
	"o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe\n" \
	"uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL\n"                     \
	"-----END RSA PRIVATE KEY-----\n"
/* RFC 8463 appendix A.2 */
#define SAMPLE_ED25519_RECORD \
	"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define SAMPLE_RSA_PUBLIC                                                      \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08" \
	"a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR" \
	"+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l" \
	"/K4w3QIDAQAB"
#define SAMPLE_RSA_RECORD "v=DKIM1; k=rsa; p=" SAMPLE_RSA_PUBLIC

/* RFC 8463 appendix A.3 */
#define SAMPLE_HEADER                                      \
	"From: Joe SixPack <joe@football.example.com>\r\n" \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"     \
	"Subject: Is dinner ready?\r\n"                    \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"  \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define SAMPLE_BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
#define SAMPLE_ED25519_SIGNATURE                                          \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"   \
	" d=football.example.com; i=@football.example.com;\r\n"           \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"         \
	" subject : date : message-id : from : subject : date;\r\n"       \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"           \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define SAMPLE_RSA_SIGNATURE                                              \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"       \
	" d=football.example.com; i=@football.example.com;\r\n"           \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"   \
	" date : message-id : from : subject : date;\r\n"                 \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"           \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n" \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
#define SAMPLE_TIME 1528637909

struct sample_record {
	const char *name;
	const char *text; /* NULL: DNS fails */
};

/* A header's fields; valid as long as the arena and the text. */
static inline struct header sample_fields(struct arena *arena, struct slice block)
{
	struct header header;

	if (!header_scan(arena, block, 10000, 1 << 24, &header))
		abort();
	return header;
}

/* Cuts a message after its empty line. */
static inline struct slice sample_cut_header(struct slice *message)
{
	size_t at = slice_starts(*message, SLICE("\r\n"))
			    ? 0
			    : slice_find(*message, SLICE("\r\n\r\n")) + 2;
	struct slice header = slice_part(*message, 0, at);

	*message = slice_from(*message, at + 2);
	return header;
}

/* Verifies a whole message; DNS is the table RECORDS, ended by a NULL name. */
static inline struct dkim_verifier *sample_verify(struct slice message,
	const struct sample_record *records, const char *from_domain, int64_t now_s)
{
	struct dkim_answer answers[DKIM_VERIFY_MAX] = {0};
	struct slice texts[DKIM_VERIFY_MAX][DKIM_RECORDS_MAX];
	struct slice body = message, block = sample_cut_header(&body);
	struct dkim_verifier *verifier;
	struct arena arena = {0};
	struct header header = sample_fields(&arena, block);

	verifier = dkim_verify_begin(
		header.fields, header.count, slice_of(from_domain));
	arena_finish(&arena);
	for (size_t i = 0; i < body.size; i += 7)
		dkim_verify_feed(verifier, slice_part(body, i, 7));
	for (size_t i = 0; i < dkim_verify_query_count(verifier); i++) {
		answers[i].status = DKIM_DNS_NOT_FOUND;
		answers[i].records = texts[i];
		for (const struct sample_record *r = records; r->name; r++) {
			if (strcmp(r->name, dkim_verify_query(verifier, i)) != 0)
				continue;
			answers[i].status = r->text ? DKIM_DNS_FOUND : DKIM_DNS_FAILED;
			if (r->text)
				texts[i][answers[i].record_count++] = slice_of(r->text);
		}
	}
	dkim_verify_finish(verifier, answers, now_s);
	return verifier;
}

/* Signs HEADER and BODY; the fields are appended to OUT. */
static inline bool sample_sign(struct slice block, struct slice body,
	const struct dkim_signing *signings, size_t count, enum dkim_canon form[2],
	struct buffer *out)
{
	struct dkim_signer *signer = dkim_signer_create();
	struct arena arena = {0};
	struct header header = sample_fields(&arena, block);
	struct dkim_message message = {
		.fields = header.fields,
		.field_count = header.count,
		.signings = signings,
		.signing_count = count,
		.time_s = SAMPLE_TIME,
	};
	bool done;

	dkim_signer_begin(signer, form[0], form[1]);
	dkim_signer_feed(signer, body);
	done = dkim_signer_finish(signer, &message, out);
	arena_finish(&arena);
	dkim_signer_destroy(&signer);
	return done;
}

#endif
