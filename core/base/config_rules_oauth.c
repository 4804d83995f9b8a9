/* Rules about token issuers: each once, and each with a way to check a token. */
#include "base/config_reading.h"

#include "base/map.h"

static void check_issuer(
	struct config_reading *reading, const struct config_oauth *oauth)
{
	if (!oauth->jwks && !oauth->introspection &&
		!config_reading_wrong(reading, &oauth->jwks) &&
		!config_reading_wrong(reading, &oauth->introspection))
		config_error(reading->errors, oauth->mark,
			"an issuer whose tokens cannot be checked; allowed: with jwks "
			"(its keys) or introspection (whom to ask)");
	if (oauth->introspection && !oauth->client_id != !oauth->client_secret_file)
		config_error(reading->errors,
			config_reading_mark(
				reading, &oauth->introspection, oauth->mark),
			"client_id or client_secret_file alone; allowed: both, or "
			"neither where the issuer asks for no password");
	if (oauth->jwks && !oauth->audience &&
		!config_reading_wrong(reading, &oauth->audience))
		config_error(reading->errors,
			config_reading_mark(reading, &oauth->jwks, oauth->mark),
			"jwks without audience: a token made for any other program "
			"would do; allowed: with the audience that is ours");
}

void config_read_oauth_rules(struct config_reading *reading)
{
	const struct config *config = reading->config;
	struct map seen = {0};

	for (size_t i = 0; i < config->oauth_count; i++) {
		struct config_oauth *oauth = &config->oauth[i];
		const struct config_oauth *other;

		check_issuer(reading, oauth);
		if (!oauth->issuer)
			continue;
		other = map_set(&seen, slice_of(oauth->issuer), oauth);
		if (other)
			config_error(reading->errors,
				config_reading_mark(
					reading, &oauth->issuer, oauth->mark),
				"issuer \"%s\" again; allowed: once, and line %u has "
				"it",
				oauth->issuer, other->mark.line);
	}
	map_finish(&seen);
}
