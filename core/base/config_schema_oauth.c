/* The schema's rows of token issuers. */
#include "base/config_oauth.h"

#include "base/config_rows.h"

#define URL_ALLOWED "a URL such as https://login.example.com/keys"

#define OBJECT struct config_oauth
static const struct config_key oauth_keys[] = {
	{REQUIRED, TEXT(issuer, NULL, config_form_some,
			   "the issuer's name, such as https://login.example.com")},
	{TEXT(jwks, NULL, config_form_https, URL_ALLOWED)},
	{TEXT(introspection, NULL, config_form_https, URL_ALLOWED)},
	{TEXT(client_id, NULL, config_form_some, "the name we have at the issuer")},
	{PATH(client_secret_file, NULL)},
	{TEXT(audience, NULL, config_form_some, "what tokens for us are made for")},
	{TEXT(scope, NULL, config_form_some, "one scope, such as smtp.send")},
	{TEXT(account_claim, "email", config_form_some,
		"a claim's name, such as email or preferred_username")},
	{PATH(ca_file, NULL)},
	{TRUTH(private_addresses, "false")},
};
#undef OBJECT

const struct config_section oauth_section = {
	"an oauth entry", KEYS(oauth_keys), sizeof(struct config_oauth)};
