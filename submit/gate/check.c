/* The checks as a table; see check.h. */
#include "gate/check.h"

#include <string.h>

#include "base/memory.h"

struct row {
	const char *name;
	size_t size; /* of the name */
	size_t at;   /* its verdict in struct config_gate */
	struct enhanced_code code;
};

#define ROW(key, ...)                                                      \
	{                                                                  \
#key, sizeof(#key) - 1, offsetof(struct config_gate, key), \
		{                                                          \
			__VA_ARGS__                                        \
		}                                                          \
	}

/* RFC 7372 3; 5.7.26 as receivers use it where DMARC decides; 5.1.8 for a
 * sender's domain that nobody could answer to. */
static const struct row rows[GATE_CHECKS] = {
	[GATE_SPF] = ROW(spf, 5, 7, 23),
	[GATE_DKIM] = ROW(dkim, 5, 7, 20),
	[GATE_DMARC] = ROW(dmarc, 5, 7, 26),
	[GATE_PTR] = ROW(ptr, 5, 7, 25),
	[GATE_DOMAIN] = ROW(domain, 5, 1, 8),
	[GATE_AUTHOR] = ROW(author, 5, 6, 0),
	[GATE_MESSAGE_ID] = ROW(message_id, 5, 6, 0),
	[GATE_DATE] = ROW(date, 5, 6, 0),
	[GATE_SINGLE] = ROW(single, 5, 6, 0),
	[GATE_UNSUBSCRIBE] = ROW(unsubscribe, 5, 6, 0),
	[GATE_PHISHING] = ROW(phishing, 5, 7, 1),
};

const char *gate_check_name(enum gate_check check)
{
	return rows[check].name;
}

enum config_gate_verdict gate_check_verdict(
	const struct config_gate *config, enum gate_check check)
{
	return *(const enum config_gate_verdict *)((const char *)config +
						   rows[check].at);
}

uint32_t gate_checks_with(
	const struct config_gate *config, enum config_gate_verdict verdict)
{
	uint32_t checks = 0;

	for (unsigned i = 0; i < GATE_CHECKS; i++)
		if (gate_check_verdict(config, (enum gate_check)i) == verdict)
			checks |= GATE_BIT(i);
	return checks;
}

size_t gate_check_names(uint32_t checks, struct slice names[GATE_CHECKS])
{
	size_t count = 0;

	for (unsigned i = 0; i < GATE_CHECKS; i++)
		if (checks & GATE_BIT(i))
			names[count++] = slice_of(rows[i].name);
	return count;
}

struct slice gate_checks_json(uint32_t checks, char text[GATE_JSON_SIZE])
{
	size_t size = 0;

	for (unsigned i = 0; i < GATE_CHECKS; i++) {
		if (!(checks & GATE_BIT(i)))
			continue;
		text[size] = size ? ',' : '[';
		text[size + 1] = '"';
		memcpy(text + size + 2, rows[i].name, rows[i].size);
		size += rows[i].size + 2;
		text[size++] = '"';
	}
	if (!size)
		text[size++] = '[';
	text[size++] = ']';
	return slice_make(text, size);
}

struct reply gate_check_refusal(enum gate_check check, struct slice text)
{
	return (struct reply){.code = 550, .enhanced = rows[check].code, .text = text};
}
