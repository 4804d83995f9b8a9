/*
 * What the relay does over HTTPS for TLS: policies of MTA-STS fetched, reports
 * of TLSRPT sent. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_REPORTS_H
#define RINGPOST_BASE_CONFIG_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

struct config_https {
	char *ca_file; /* NULL: the system's authorities */
	bool private_addresses;
	uint64_t policy_port; /* of MTA-STS */
};

struct config_tlsrpt {
	char *from;	    /* NULL: no reports */
	char *organization; /* NULL: the hostname */
	char *contact;	    /* NULL: `from` */
};

struct config_section;

/* config_schema_reports.c */
extern const struct config_section https_section, tlsrpt_section;

#endif
