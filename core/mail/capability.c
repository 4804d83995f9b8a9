/*
 * The EHLO reply, read and written: RFC 5321 section 4.1.1.1.
 */
#include "mail/capability.h"

#include <inttypes.h>

#include "base/clock.h"
#include "mail/sasl.h"
#include "mail/xclient.h"

static void read_line(struct slice line, struct capabilities *c);
static void read_auth(struct slice mechanisms, struct capabilities *c);
static void read_limits(struct slice limits, struct capabilities *c);

/* Keywords that are either there or not. */
static bool *find_flag(struct capabilities *c, struct slice keyword)
{
	const struct {
		struct slice keyword;
		bool *flag;
	} flags[] = {
		{SLICE("PIPELINING"), &c->pipelining},
		{SLICE("8BITMIME"), &c->eight_bit},
		{SLICE("SMTPUTF8"), &c->smtputf8},
		{SLICE("CHUNKING"), &c->chunking},
		{SLICE("BINARYMIME"), &c->binarymime},
		{SLICE("DSN"), &c->dsn},
		{SLICE("STARTTLS"), &c->starttls},
		{SLICE("ENHANCEDSTATUSCODES"), &c->enhanced_codes},
		{SLICE("REQUIRETLS"), &c->requiretls},
		{SLICE("DELIVERBY"), &c->deliver_by},
		{SLICE("MT-PRIORITY"), &c->mt_priority},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (slice_equal_nocase(keyword, flags[i].keyword))
			return flags[i].flag;
	return NULL;
}

void capabilities_parse(const struct reply *reply, struct capabilities *capabilities_r)
{
	struct capabilities c = {.esmtp = true};
	struct slice rest = reply->text;

	slice_cut(&rest, '\n');
	while (rest.at)
		read_line(slice_trim(slice_cut(&rest, '\n')), &c);
	/* Without BDAT there is no way to send binary. */
	c.binarymime = c.binarymime && c.chunking;
	*capabilities_r = c;
}

static bool append_limits(struct buffer *text, const struct capabilities *c)
{
	bool fits = true;

	if (c->mail_max || c->rcpt_max || c->rcpt_domain_max)
		fits = buffer_append(text, SLICE("\nLIMITS"));
	if (c->rcpt_max)
		fits = fits &&
		       buffer_append_format(text, " RCPTMAX=%" PRIu64, c->rcpt_max);
	if (c->mail_max)
		fits = fits &&
		       buffer_append_format(text, " MAILMAX=%" PRIu64, c->mail_max);
	if (c->rcpt_domain_max)
		fits = fits && buffer_append_format(text, " RCPTDOMAINMAX=%" PRIu64,
				       c->rcpt_domain_max);
	return fits;
}

/* RFC 4865 4, RFC 2852 4, RFC 6710 3. */
static bool append_extensions(struct buffer *text, const struct capabilities *c)
{
	char until[CLOCK_TEXT_SIZE];
	bool fits = true;

	if (c->future_release) {
		struct slice iso = clock_format_iso(c->hold_until_max_ms, until);

		/* Without the milliseconds that stand in front of the Z. */
		fits = buffer_append_format(text, "\nFUTURERELEASE %" PRIu64 " %.*sZ",
			c->hold_for_max_s, SLICE_PRINT(slice_part(iso, 0, 19)));
	}
	if (c->deliver_by)
		fits = fits && buffer_append(text, SLICE("\nDELIVERBY"));
	if (c->deliver_by && c->deliver_by_min_s)
		fits = fits &&
		       buffer_append_format(text, " %" PRIu64, c->deliver_by_min_s);
	if (c->mt_priority)
		fits = fits && buffer_append(text, SLICE("\nMT-PRIORITY"));
	if (c->mt_priority && c->priority_policy)
		fits = fits && buffer_append_format(text, " %s", c->priority_policy);
	if (c->xclient)
		fits = fits && buffer_append(text, SLICE("\n" XCLIENT_OFFER));
	return fits;
}

bool capabilities_format(struct buffer *buffer, struct slice hostname,
	const struct capabilities *offered)
{
	static const char *const keywords[] = {"PIPELINING", "8BITMIME", "SMTPUTF8",
		"CHUNKING", "BINARYMIME", "DSN", "STARTTLS", "ENHANCEDSTATUSCODES",
		"REQUIRETLS"};
	struct capabilities c = *offered;
	struct buffer text = {.limit = REPLY_TEXT_MAX};
	struct reply reply = {.code = 250};
	bool fits = buffer_append(&text, hostname);

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (*find_flag(&c, slice_of(keywords[i])))
			fits = fits && buffer_append_format(&text, "\n%s", keywords[i]);
	if (c.size)
		fits = fits &&
		       buffer_append_format(&text, "\nSIZE %" PRIu64, c.size_max);
	if (c.auth)
		fits = fits && buffer_append(&text, SLICE("\nAUTH"));
	for (unsigned m = 0; m < SASL_MECHANISMS; m++)
		if (c.auth & SASL_BIT(m))
			fits = fits && buffer_append_format(
					       &text, " %s", sasl_mechanism_name(m));
	fits = fits && append_extensions(&text, &c) && append_limits(&text, &c);
	reply.text = buffer_contents(&text);
	fits = fits && reply_append(buffer, &reply);
	buffer_finish(&text);
	return fits;
}

static void read_line(struct slice line, struct capabilities *c)
{
	struct slice value = line, keyword = slice_cut(&value, ' ');
	bool *flag = find_flag(c, keyword);

	value = slice_trim(value);
	if (flag) {
		*flag = true;
		if (flag == &c->deliver_by &&
			!slice_to_u64(value, &c->deliver_by_min_s))
			c->deliver_by_min_s = 0;
	} else if (slice_equal_nocase(keyword, SLICE("SIZE"))) {
		uint64_t size = 0;

		c->size = value.size == 0 || slice_to_u64(value, &size);
		c->size_max = size;
	} else if (slice_equal_nocase(keyword, SLICE("AUTH"))) {
		read_auth(value, c);
	} else if (slice_starts_nocase(line, SLICE("AUTH="))) {
		/* The form of before RFC 2554, still told to old clients. */
		read_auth(slice_from(line, 5), c);
	} else if (slice_equal_nocase(keyword, SLICE("LIMITS"))) {
		read_limits(value, c);
	}
}

static void read_auth(struct slice mechanisms, struct capabilities *c)
{
	c->auth_offered = true;
	while (mechanisms.size > 0) {
		struct slice name = slice_cut(&mechanisms, ' ');
		enum sasl_mechanism mechanism;

		if (sasl_mechanism_find(name, &mechanism))
			c->auth |= SASL_BIT(mechanism);
	}
}

/* RFC 9422 4: NAME=VALUE pairs; 1 to 6 digits, not 0. */
static void read_limits(struct slice limits, struct capabilities *c)
{
	while (limits.size > 0) {
		struct slice value = slice_cut(&limits, ' ');
		struct slice name = slice_cut(&value, '=');
		uint64_t number;

		if (value.size > 6 || !slice_to_u64(value, &number) || number == 0)
			continue;
		if (slice_equal_nocase(name, SLICE("MAILMAX")))
			c->mail_max = number;
		else if (slice_equal_nocase(name, SLICE("RCPTMAX")))
			c->rcpt_max = number;
		else if (slice_equal_nocase(name, SLICE("RCPTDOMAINMAX")))
			c->rcpt_domain_max = number;
	}
}
