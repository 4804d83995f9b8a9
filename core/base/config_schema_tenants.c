/* The schema's rows of tenants and streams. */
#include "base/config_rows.h"

#include "base/config_form.h"
#include "base/config_tenants.h"

#define WORD_ALLOWED(most) \
	"at most " most " letters, digits, dots, hyphens and underscores"

#define OBJECT struct config_tenant
static const struct config_key tenant_keys[] = {
	{REQUIRED, NAME(name, NULL, config_form_tenant, WORD_ALLOWED("63"))},
	{NUMBER(weight, "10", 1, 1000)},
	{SECTION(limits)},
	{NAME(pool, NULL, config_form_tenant, WORD_ALLOWED("63"))},
	{NAME(stream, NULL, config_form_stream, WORD_ALLOWED("31"))},
	{NAME(bounce_domain, NULL, config_form_hostname,
		"a domain such as bounces.example.com")},
	{CHOICE(verp, enum config_verp, NULL, config_verp_words)},
	{SECTION(capture)},
	{TEXT(outcomes, NULL, config_form_some, "an account's name")},
};
#undef OBJECT

#define OBJECT struct config_stream
static const struct config_key stream_keys[] = {
	{REQUIRED, NAME(name, NULL, config_form_stream, WORD_ALLOWED("31"))},
	{TRUTH(urgent, "false")},
	{NUMBER(weight, "10", 1, 1000)},
	{NAME(pool, NULL, config_form_tenant, WORD_ALLOWED("63"))},
};
#undef OBJECT

const struct config_section tenant_section = {
	"a tenant", KEYS(tenant_keys), sizeof(struct config_tenant)};
const struct config_section stream_section = {
	"a stream", KEYS(stream_keys), sizeof(struct config_stream)};
