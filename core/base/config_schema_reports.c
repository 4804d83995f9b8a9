/* The schema's rows of MTA-STS and TLSRPT, parts of the relay's section. */
#include "base/config_rows.h"

#include "base/config_reports.h"

#define OBJECT struct config_https
static const struct config_key https_keys[] = {
	{PATH(ca_file, NULL)},
	{TRUTH(private_addresses, "false")},
	{NUMBER(policy_port, "443", 1, 65535)},
};
#undef OBJECT

#define OBJECT struct config_tlsrpt
static const struct config_key tlsrpt_keys[] = {
	{TEXT(from, NULL, config_form_mailbox,
		"an address such as tls-reports@example.com")},
	{TEXT(organization, NULL, config_form_some, "a name such as Example Ltd")},
	{TEXT(contact, NULL, config_form_some,
		"how to reach you, such as postmaster@example.com")},
};
#undef OBJECT

const struct config_section https_section = {"https", KEYS(https_keys), 0};
const struct config_section tlsrpt_section = {"tlsrpt", KEYS(tlsrpt_keys), 0};
