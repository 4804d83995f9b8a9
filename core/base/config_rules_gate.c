/* Rules of the gate: what is put right has something to do it with. */
#include "base/config_reading.h"

#include <string.h>

static const struct config_mark nowhere = {1, 1};

static void check_signing_domain(struct config_reading *reading)
{
	const struct config *config = reading->config;
	const struct config_gate *gate = &config->gate;

	if (gate->dkim == CONFIG_GATE_FIX && !gate->signing_domain &&
		!config_reading_wrong(reading, &gate->signing_domain))
		config_error(reading->errors,
			config_reading_mark(reading, &gate->dkim, nowhere),
			"dkim: fix, but nothing to sign with; allowed: with "
			"signing_domain, a domain that has a key under dkim");
	if (!gate->signing_domain)
		return;
	for (size_t i = 0; i < config->dkim_count; i++)
		if (config->dkim[i].domain &&
			strcmp(config->dkim[i].domain, gate->signing_domain) == 0)
			return;
	config_error(reading->errors,
		config_reading_mark(reading, &gate->signing_domain, nowhere),
		"signing_domain: \"%s\" has no key; allowed: a domain in the list "
		"\"dkim\" of the top level",
		gate->signing_domain);
}

static bool is_placeholder(struct slice name)
{
	static const char *const names[] = {
		"id", "recipient", "tenant", "stream", "token"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal(name, slice_of(names[i])))
			return true;
	return false;
}

/* Every "{" begins a name that is known. */
static bool is_template(struct slice text)
{
	while (text.at) {
		struct slice before = slice_cut(&text, '{');

		if (slice_index(before, '}') < before.size)
			return false;
		if (!text.at)
			break;
		if (slice_index(text, '}') == text.size ||
			!is_placeholder(slice_cut(&text, '}')))
			return false;
	}
	return true;
}

static void check_unsubscribe(struct config_reading *reading)
{
	const struct config_gate *gate = &reading->config->gate;

	if (gate->unsubscribe == CONFIG_GATE_FIX && !gate->unsubscribe_url &&
		!reading->config->unsubscribe.url &&
		!config_reading_wrong(reading, &gate->unsubscribe_url) &&
		!config_reading_wrong(reading, &reading->config->unsubscribe.url))
		config_error(reading->errors,
			config_reading_mark(reading, &gate->unsubscribe, nowhere),
			"unsubscribe: fix, but nothing to name; allowed: with "
			"unsubscribe_url, or with links of ours (url in the section "
			"unsubscribe)");
	if (gate->unsubscribe_url && !is_template(slice_of(gate->unsubscribe_url)))
		config_error(reading->errors,
			config_reading_mark(reading, &gate->unsubscribe_url, nowhere),
			"unsubscribe_url: no such name in braces; allowed: {id}, "
			"{recipient}, {tenant}, {stream}, {token}");
}

void config_check_streams(
	struct config_reading *reading, const struct config_texts *streams)
{
	for (size_t i = 0; i < streams->count; i++)
		if (!config_stream_find(reading->config, slice_of(streams->at[i])))
			config_error(reading->errors,
				config_reading_mark(reading, &streams->at[i], nowhere),
				"streams: \"%s\" is not known; allowed: a name in the "
				"list \"streams\" of the top level, or without such a "
				"list \"transactional\" or \"bulk\"",
				streams->at[i]);
}

void config_read_gate_rules(struct config_reading *reading)
{
	check_signing_domain(reading);
	check_unsubscribe(reading);
	config_check_streams(reading, &reading->config->gate.streams);
}
