/*
 * Forms of text that the configuration knows: does a text look like a host
 * name, a selector, an address? Pure; nothing is looked up.
 */
#ifndef RINGPOST_BASE_CONFIG_FORM_H
#define RINGPOST_BASE_CONFIG_FORM_H

#include <stdbool.h>
#include <stdint.h>

/* A name of at least two labels, letters, digits and hyphens (RFC 1123 2.1). */
bool config_form_hostname(const char *text);
/* The same, or one label ("localhost"), or "[192.0.2.1]", "[2001:db8::1]". */
bool config_form_host(const char *text);
/* A hostname or "*". */
bool config_form_signing_domain(const char *text);
/* A name of one or more labels, the same with a dot before it, or "*". */
bool config_form_route_domain(const char *text);
/* A name of two labels or more, or the same with a dot before it. */
bool config_form_local_domain(const char *text);
/* Up to 64 bytes without blanks, controls and @. */
bool config_form_local_part(const char *text);
/* One character that may stand in a local part, or none. */
bool config_form_detail(const char *text);
/* RFC 6376 3.1: labels as in a domain name. */
bool config_form_selector(const char *text);
/* "[::]:587": an address, and a port where the role has none of its own. */
bool config_form_listen(const char *text);
/* An address, with or without a port. */
bool config_form_server(const char *text);
/* "local@example.com"; the local part a dot-string (RFC 5321 4.1.2). */
bool config_form_mailbox(const char *text);
/* A mailbox, or "@example.com" for all of a domain. */
bool config_form_sender(const char *text);
/* A system account's name, or empty. */
bool config_form_account(const char *text);
/* A tenant, a stream, a pool: letters, digits, dots, hyphens, underscores. */
bool config_form_tenant(const char *text);
bool config_form_stream(const char *text);
/* The same, or empty. */
bool config_form_stream_or_none(const char *text);
/* A header field's name (RFC 5322 2.2) of letters, digits and hyphens. */
bool config_form_field(const char *text);
/* A URL that begins with https:// and goes on. */
bool config_form_https(const char *text);
/* Anything that is not empty. */
bool config_form_some(const char *text);

/* config_form_source.c */
bool config_form_ipv4(const char *text);
bool config_form_ipv6(const char *text);
bool config_form_address(const char *text); /* either */
/* Letters, digits, "-", "_", "."; begins with a letter or digit; up to 63. */
bool config_form_word(const char *text);
/* A whole number from 1 to 10^11. */
bool config_form_count(const char *text);
/* From 1 to 10 with up to three decimals; in thousandths, or 0. */
bool config_form_factor(const char *text);
uint64_t config_form_permille(const char *text);
/* "2026-11-21"; in days since 1970-01-01, or -1. */
bool config_form_date(const char *text);
int64_t config_form_day(const char *text);

/* config_form_rule.c */
/* "421", or its first digits: "4", "42". */
bool config_form_reply_code(const char *text);
/* "4.7.28", or its first parts: "4.7", "4". */
bool config_form_enhanced(const char *text);
/* Of 1 to PATTERN_MAX bytes; whether it can be compiled says pattern_check. */
bool config_form_pattern(const char *text);
/* A word of letters, digits, "-", ".", "_" and "/", of up to 64. */
bool config_form_rule_name(const char *text);
/* A host, or "*.example.com" for all below it. */
bool config_form_mx(const char *text);

#endif
