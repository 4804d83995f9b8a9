/* The schema's rows of the gate. */
#include "base/config_rows.h"

#include "base/config_gate.h"

/* By the number of enum config_gate_verdict. */
static const char *const verdicts[] = {"off", "warn", "refuse", NULL};
static const char *const fixes[] = {"off", "warn", "refuse", "fix", NULL};

#define VERDICT(key, fallback_) \
	CHOICE(key, enum config_gate_verdict, fallback_, verdicts)
#define FIX(key, fallback_) CHOICE(key, enum config_gate_verdict, fallback_, fixes)

#define OBJECT struct config_gate
static const struct config_key gate_keys[] = {
	{VERDICT(spf, "warn")},
	{FIX(dkim, "warn")},
	{VERDICT(dmarc, "warn")},
	{VERDICT(ptr, "warn")},
	{VERDICT(domain, "warn")},
	{VERDICT(author, "warn")},
	{FIX(message_id, "off")},
	{FIX(date, "off")},
	{FIX(single, "warn")},
	{FIX(unsubscribe, "warn")},
	{VERDICT(phishing, "off")},
	{TEXTS(addresses, 64, config_form_address,
		"addresses such as 192.0.2.1 or \"2001:db8::1\"")},
	{NAME(signing_domain, NULL, config_form_hostname,
		"a domain with a key of its own under dkim")},
	{TEXT(unsubscribe_url, NULL, config_form_https,
		"an address such as https://example.com/leave/{id}?who={recipient}")},
	{TEXTS(streams, 64, config_form_stream, "names of streams such as bulk")},
	{TEXTS(protect, 1000, config_form_hostname, "domains such as example.com")},
	{NUMBER(phishing_score, "60", 1, 1000)},
	{NUMBER(suspicious_per_hour, "0", 0, 1000000000)},
	{SIZE(look_size, "64 KiB", 0, 16 * MIB)},
	{DURATION(fresh, "1h", 1 * SECOND, 7 * DAY)},
	{DURATION(wait, "5s", 0, 1 * MINUTE)},
	{NUMBER(domains, "10000", 1, 10000000)},
};
#undef OBJECT

const struct config_section gate_section = {"gate", KEYS(gate_keys), 0};
