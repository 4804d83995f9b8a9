/* Writes Authentication-Results (RFC 8601 section 2). */
#include "verify/authres.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "mail/address.h"
#include "mail/domain.h"

#define COLUMNS	   78
#define VALUE_MAX  320 /* bytes of one value, the rest is cut off */
#define FIELD_NAME "Authentication-Results:"

/* The field on its way; a failed append stays failed. */
struct writer {
	struct buffer *out;
	size_t column;
	bool failed;
};

static void put(struct writer *writer, struct slice text);
static void put_word(struct writer *writer, struct slice word);
static void put_method(struct writer *writer, const char *method, const char *result);
static void put_note(struct writer *writer, const char *text);
static void put_reason(struct writer *writer, const char *reason);
static void put_value(struct writer *writer, const char *name, struct slice value);
static void put_address(struct writer *writer, const char *name, struct slice address);
static void write_caller(
	struct writer *writer, const struct authentication *authentication);
static void write_spf(
	struct writer *writer, const struct authentication *authentication);
static void write_dkim(struct writer *writer, const struct dkim_verdict *verdict);
static void write_arc(
	struct writer *writer, const struct authentication *authentication);
static void write_dmarc(struct writer *writer, const struct dmarc_verdict *verdict);
static void write_all(
	struct writer *writer, const struct authentication *authentication);

bool authres_write(const struct authentication *authentication, struct buffer *out)
{
	struct writer writer = {.out = out};

	put(&writer, SLICE(FIELD_NAME " "));
	write_all(&writer, authentication);
	put(&writer, SLICE("\r\n"));
	return !writer.failed;
}

bool authres_write_results(
	const struct authentication *authentication, struct buffer *out)
{
	struct writer writer = {.out = out, .column = COLUMNS / 2};

	write_all(&writer, authentication);
	return !writer.failed;
}

static void write_all(
	struct writer *writer, const struct authentication *authentication)
{
	put(writer, authentication->hostname);
	write_caller(writer, authentication);
	write_spf(writer, authentication);
	if (authentication->arc) {
		for (size_t i = 0; i < authentication->dkim_count; i++)
			write_dkim(writer, authentication->dkim[i]);
		if (authentication->dkim_count == 0)
			put_method(writer, "dkim", "none");
		write_arc(writer, authentication);
	}
	write_dmarc(writer, &authentication->dmarc);
}

/* TEXT has INET6_ADDRSTRLEN bytes. */
static struct slice print_client(
	const struct authentication *authentication, char *text)
{
	const struct in6_addr *client = &authentication->client;

	if (IN6_IS_ADDR_V4MAPPED(client))
		inet_ntop(AF_INET, &client->s6_addr[12], text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, client, text, INET6_ADDRSTRLEN);
	return slice_of(text);
}

/* RFC 8601 2.7.3. */
static void write_caller(
	struct writer *writer, const struct authentication *authentication)
{
	const struct reverse_name *caller = &authentication->caller;
	char text[INET6_ADDRSTRLEN], name[DOMAIN_MAX + 3];

	if (!caller->known)
		return;
	put_method(writer, "iprev", reverse_result_name(caller->result));
	if (caller->name.size && caller->name.size <= DOMAIN_MAX) {
		snprintf(name, sizeof(name), "(%.*s)", SLICE_PRINT(caller->name));
		put_note(writer, name);
	}
	put_value(writer, "policy.iprev", print_client(authentication, text));
}

static void write_spf(
	struct writer *writer, const struct authentication *authentication)
{
	const struct spf_verdict *spf = &authentication->spf;

	if (!authentication->spf_known)
		return;
	put_method(writer, "spf", spf_result_name(spf->result));
	put_reason(writer, spf->reason);
	if (spf->helo)
		put_value(writer, "smtp.helo", authentication->helo);
	else
		put_address(writer, "smtp.mailfrom", authentication->mail_from);
}

static void write_dkim(struct writer *writer, const struct dkim_verdict *verdict)
{
	char bits[40];

	put_method(writer, "dkim", dkim_result_name(verdict->result));
	if (verdict->key_bits) {
		snprintf(bits, sizeof(bits), "(%u-bit key%s)", verdict->key_bits,
			verdict->testing ? ", testing" : "");
		put_note(writer, bits);
	}
	put_reason(writer, verdict->reason);
	put_value(writer, "header.d", verdict->domain);
	put_value(writer, "header.s", verdict->selector);
	put_value(writer, "header.a", verdict->algorithm);
	put_value(writer, "header.b", verdict->signature);
}

static void write_arc(
	struct writer *writer, const struct authentication *authentication)
{
	const struct arc_verdict *arc = authentication->arc;
	char text[INET6_ADDRSTRLEN];
	char sets[40];

	put_method(writer, "arc", arc_status_name(arc->status));
	if (arc->status == ARC_NONE)
		return;
	snprintf(sets, sizeof(sets), "(%zu set%s)", arc->count,
		arc->count == 1 ? "" : "s");
	put_note(writer, sets);
	put_reason(writer, arc->reason);
	if (authentication->spf_known)
		put_value(writer, "smtp.remote-ip", print_client(authentication, text));
}

static void write_dmarc(struct writer *writer, const struct dmarc_verdict *verdict)
{
	char policy[80];

	put_method(writer, "dmarc", dmarc_result_name(verdict->result));
	if (verdict->record_domain.size > 0) {
		snprintf(policy, sizeof(policy), "(p=%s dis=%s)",
			dmarc_policy_name(verdict->published),
			dmarc_policy_name(verdict->policy));
		put_note(writer, policy);
	}
	if (verdict->result != DMARC_FAIL && verdict->result != DMARC_NONE)
		put_reason(writer, verdict->reason);
	put_value(writer, "header.from", verdict->from_domain);
}

static void put(struct writer *writer, struct slice text)
{
	if (!writer->failed)
		writer->failed = !buffer_append(writer->out, text);
	writer->column += text.size;
}

/* Behind a space, or on a new line if it would pass the last column. */
static void put_word(struct writer *writer, struct slice word)
{
	if (writer->column + 1 + word.size > COLUMNS) {
		put(writer, SLICE("\r\n\t"));
		writer->column = 8;
	} else {
		put(writer, SLICE(" "));
	}
	put(writer, word);
}

static void put_method(struct writer *writer, const char *method, const char *result)
{
	put(writer, SLICE(";\r\n\t"));
	writer->column = 8;
	put(writer, slice_of(method));
	put(writer, SLICE("="));
	put(writer, slice_of(result));
}

/* A comment of our own words. */
static void put_note(struct writer *writer, const char *text)
{
	put_word(writer, slice_of(text));
}

static bool is_token(struct slice text, const char *also)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_alnum(text.at[i]) &&
			(text.at[i] == '\0' || !strchr(also, text.at[i])))
			return false;
	return text.size > 0;
}

/* NAME=VALUE; where VALUE is no token (RFC 2045 5.1), in quotes. */
static void put_named(
	struct writer *writer, const char *name, struct slice value, bool plain)
{
	char text[2 * VALUE_MAX + 64];
	size_t size = (size_t)snprintf(text, 48, "%s=%s", name, plain ? "" : "\"");

	value = slice_part(value, 0, VALUE_MAX);
	for (size_t i = 0; i < value.size; i++) {
		char c = value.at[i];

		if (c < ' ' || c == 0x7f)
			c = '?';
		if (!plain && (c == '"' || c == '\\'))
			text[size++] = '\\';
		text[size++] = c;
	}
	if (!plain)
		text[size++] = '"';
	put_word(writer, slice_make(text, size));
}

static void put_reason(struct writer *writer, const char *reason)
{
	if (reason[0])
		put_named(writer, "reason", slice_of(reason), false);
}

static void put_value(struct writer *writer, const char *name, struct slice value)
{
	if (value.size > 0)
		put_named(writer, name, value,
			value.size <= VALUE_MAX &&
				is_token(value, "!#$%&'*+-.^_`{|}~"));
}

/* A mailbox may stand there as it is (RFC 8601 2.2, pvalue). */
static void put_address(struct writer *writer, const char *name, struct slice address)
{
	struct address parsed;
	bool plain = address_parse(address, 0, &parsed) == ADDRESS_OK &&
		     !parsed.quoted && !parsed.literal;

	put_named(writer, name, address, plain);
}
