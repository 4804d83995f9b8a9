/*
 * The gate's checks: their names, what the configuration says is to be done
 * about each, and how a message is refused that fails one.
 */
#ifndef RINGPOST_GATE_CHECK_H
#define RINGPOST_GATE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "mail/reply.h"

enum gate_check {
	GATE_SPF,
	GATE_DKIM,
	GATE_DMARC,
	GATE_PTR,
	GATE_DOMAIN,
	GATE_AUTHOR,
	GATE_MESSAGE_ID,
	GATE_DATE,
	GATE_SINGLE,
	GATE_UNSUBSCRIBE,
	GATE_PHISHING,
	GATE_CHECKS,
};

#define GATE_BIT(check) (UINT32_C(1) << (check))
/* Those that ask DNS. */
#define GATE_DNS                                                           \
	(GATE_BIT(GATE_SPF) | GATE_BIT(GATE_DKIM) | GATE_BIT(GATE_DMARC) | \
		GATE_BIT(GATE_PTR) | GATE_BIT(GATE_DOMAIN))

/* "message_id": its key in the configuration, and its word in events. */
const char *gate_check_name(enum gate_check check);
enum config_gate_verdict gate_check_verdict(
	const struct config_gate *config, enum gate_check check);
/* Those whose verdict is VERDICT, as bits. */
uint32_t gate_checks_with(
	const struct config_gate *config, enum config_gate_verdict verdict);

/* The names of CHECKS (bits), in their order, into NAMES; how many. */
size_t gate_check_names(uint32_t checks, struct slice names[GATE_CHECKS]);

/* The same as a JSON array, for events; no more than GATE_JSON_SIZE bytes. */
#define GATE_JSON_SIZE 160
struct slice gate_checks_json(uint32_t checks, char text[GATE_JSON_SIZE]);

/* 550 with the code RFC 7372 has for it, or the nearest; TEXT is the reply's and
 * lives as long as it. */
struct reply gate_check_refusal(enum gate_check check, struct slice text);

#endif
