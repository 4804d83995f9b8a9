/*
 * The parameters of MAIL and RCPT: RFC 1870, 2852, 3030, 3461, 4865, 4954, 6152,
 * 6531, 6710, 8689.
 */
#include "mail/parameter.h"

#include <stdint.h>

#include "mail/text.h"

#define SIZE_DIGITS_MAX 20 /* RFC 1870 4 */

struct parameter {
	const char *keyword;
	/* VALUE.at is NULL when there is no '='. */
	bool (*read)(struct parse *parse, struct slice value);
	const char *syntax; /* what to say when read says no */
};

static bool read_all(struct parse *parse, struct slice parameters,
	const struct parameter *known, size_t count);
static bool read_one(struct parse *parse, struct slice text,
	const struct parameter *known, size_t count);
static bool read_size(struct parse *parse, struct slice value);
static bool read_body(struct parse *parse, struct slice value);
static bool read_smtputf8(struct parse *parse, struct slice value);
static bool read_ret(struct parse *parse, struct slice value);
static bool read_envid(struct parse *parse, struct slice value);
static bool read_auth(struct parse *parse, struct slice value);
static bool read_hold_for(struct parse *parse, struct slice value);
static bool read_hold_until(struct parse *parse, struct slice value);
static bool read_by(struct parse *parse, struct slice value);
static bool read_priority(struct parse *parse, struct slice value);
static bool read_require_tls(struct parse *parse, struct slice value);
static bool read_notify(struct parse *parse, struct slice value);
static bool read_orcpt(struct parse *parse, struct slice value);

static const struct parameter mail_parameters[] = {
	{"SIZE", read_size, "SIZE is a number of bytes"},
	{"BODY", read_body, "BODY is 7BIT, 8BITMIME or BINARYMIME"},
	{"SMTPUTF8", read_smtputf8, "SMTPUTF8 has no value"},
	{"RET", read_ret, "RET is FULL or HDRS"},
	{"ENVID", read_envid, "ENVID is xtext of at most 100 characters"},
	{"AUTH", read_auth, "AUTH is <> or an address in xtext"},
	{"HOLDFOR", read_hold_for,
		"HOLDFOR is a number of seconds, not beside HOLDUNTIL"},
	{"HOLDUNTIL", read_hold_until,
		"HOLDUNTIL is a time such as 2026-11-22T07:00:00Z, not beside HOLDFOR"},
	{"BY", read_by, "BY is seconds;R, or ;N, and maybe T; not 0 or less for R"},
	{"MT-PRIORITY", read_priority, "MT-PRIORITY is a number from -9 to 9"},
	{"REQUIRETLS", read_require_tls, "REQUIRETLS has no value"},
};

static const struct parameter rcpt_parameters[] = {
	{"NOTIFY", read_notify, "NOTIFY is NEVER or a list of SUCCESS, FAILURE, DELAY"},
	{"ORCPT", read_orcpt, "ORCPT is an address type and an address in xtext"},
};

bool parameter_read_mail(struct parse *parse, struct slice parameters)
{
	return read_all(parse, parameters, mail_parameters,
		sizeof(mail_parameters) / sizeof(mail_parameters[0]));
}

bool parameter_read_rcpt(struct parse *parse, struct slice parameters)
{
	return read_all(parse, parameters, rcpt_parameters,
		sizeof(rcpt_parameters) / sizeof(rcpt_parameters[0]));
}

static bool read_all(struct parse *parse, struct slice parameters,
	const struct parameter *known, size_t count)
{
	while (parameters.size > 0) {
		struct slice one = slice_cut(&parameters, ' ');

		if (one.size == 0)
			continue;
		parse->command->has_parameters = true;
		if (!read_one(parse, one, known, count))
			return false;
	}
	return true;
}

static bool read_one(struct parse *parse, struct slice text,
	const struct parameter *known, size_t count)
{
	struct slice value = text, keyword = slice_cut(&value, '=');

	for (size_t i = 0; i < count; i++) {
		struct reply syntax = {.code = 501,
			.enhanced = {5, 5, 4},
			.text = slice_of(known[i].syntax)};

		if (!slice_equal_nocase(keyword, slice_of(known[i].keyword)))
			continue;
		if (parse->seen & 1u << i)
			return parse_refuse(parse,
				REPLY(501, 5, 5, 4, "A parameter is given twice"));
		parse->seen |= 1u << i;
		return known[i].read(parse, value) || parse_refuse(parse, syntax);
	}
	if (!text_is_utf8(text))
		return parse_refuse(
			parse, REPLY(501, 5, 5, 4, "A parameter holds odd bytes"));
	return parse_refuse(parse, REPLY(555, 5, 5, 4, "Parameter not recognized"));
}

static bool read_size(struct parse *parse, struct slice value)
{
	if (value.size == 0 || value.size > SIZE_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < value.size; i++)
		if (!ascii_is_digit(value.at[i]))
			return false;
	/* Twenty digits may be more than we can count: too large in any case. */
	if (!slice_to_u64(value, &parse->command->size))
		parse->command->size = UINT64_MAX;
	parse->command->has_size = true;
	return true;
}

static bool read_body(struct parse *parse, struct slice value)
{
	if (slice_equal_nocase(value, SLICE("7BIT")))
		parse->command->body = SMTP_BODY_7BIT;
	else if (slice_equal_nocase(value, SLICE("8BITMIME")))
		parse->command->body = SMTP_BODY_8BITMIME;
	else if (slice_equal_nocase(value, SLICE("BINARYMIME")))
		parse->command->body = SMTP_BODY_BINARYMIME;
	return parse->command->body != SMTP_BODY_NONE;
}

static bool read_smtputf8(struct parse *parse, struct slice value)
{
	parse->command->smtputf8 = !value.at;
	return parse->command->smtputf8;
}

static bool read_ret(struct parse *parse, struct slice value)
{
	if (slice_equal_nocase(value, SLICE("FULL")))
		parse->command->ret = SMTP_RET_FULL;
	else if (slice_equal_nocase(value, SLICE("HDRS")))
		parse->command->ret = SMTP_RET_HDRS;
	return parse->command->ret != SMTP_RET_NONE;
}

static bool read_envid(struct parse *parse, struct slice value)
{
	return value.size > 0 && value.size <= ENVID_MAX &&
	       xtext_decode_in(parse->arena, value, &parse->command->envid) &&
	       text_is_ascii(parse->command->envid);
}

static bool read_auth(struct parse *parse, struct slice value)
{
	if (slice_equal(value, SLICE("<>"))) {
		parse->command->auth = slice_part(value, 0, 0);
		return true;
	}
	return value.size > 0 &&
	       xtext_decode_in(parse->arena, value, &parse->command->auth);
}

/* RFC 4865 4: one of the two, or neither. */
static bool read_hold_for(struct parse *parse, struct slice value)
{
	struct smtp_extensions *extensions = &parse->command->extensions;

	return !extensions->hold_until_ms &&
	       extension_read_hold_for(value, &extensions->hold_for_s);
}

static bool read_hold_until(struct parse *parse, struct slice value)
{
	struct smtp_extensions *extensions = &parse->command->extensions;

	return !extensions->hold_for_s &&
	       extension_read_hold_until(value, &extensions->hold_until_ms);
}

static bool read_by(struct parse *parse, struct slice value)
{
	return extension_read_by(value, &parse->command->extensions);
}

static bool read_priority(struct parse *parse, struct slice value)
{
	struct smtp_extensions *extensions = &parse->command->extensions;

	extensions->priority_given = extension_read_priority(
		value, &extensions->priority);
	return extensions->priority_given;
}

static bool read_require_tls(struct parse *parse, struct slice value)
{
	parse->command->extensions.require_tls = !value.at;
	return !value.at;
}

static bool read_notify(struct parse *parse, struct slice value)
{
	unsigned *notify = &parse->command->notify;

	if (slice_equal_nocase(value, SLICE("NEVER"))) {
		*notify = SMTP_NOTIFY_NEVER;
		return true;
	}
	while (value.at) {
		struct slice word = slice_cut(&value, ',');

		if (slice_equal_nocase(word, SLICE("SUCCESS")))
			*notify |= SMTP_NOTIFY_SUCCESS;
		else if (slice_equal_nocase(word, SLICE("FAILURE")))
			*notify |= SMTP_NOTIFY_FAILURE;
		else if (slice_equal_nocase(word, SLICE("DELAY")))
			*notify |= SMTP_NOTIFY_DELAY;
		else
			return false;
	}
	return *notify != 0;
}

static bool read_orcpt(struct parse *parse, struct slice value)
{
	return value.at &&
	       orcpt_parse(parse->arena, value, parse->utf8, &parse->command->orcpt);
}
