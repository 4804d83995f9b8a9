/*
 * XCLIENT, Postfix's command by which a proxy says whose session it passes on:
 * "XCLIENT ADDR=192.0.2.1 PORT=4711 NAME=client.example". Attribute values are
 * xtext; "[UNAVAILABLE]" and "[TEMPUNAVAIL]" stand for what the proxy does not
 * know.
 */
#ifndef RINGPOST_MAIL_XCLIENT_H
#define RINGPOST_MAIL_XCLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/reply.h"

/* What the EHLO line offers. */
#define XCLIENT_OFFER "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"

enum { /* bits of `given`: said, and known */
	XCLIENT_NAME = 1,
	XCLIENT_ADDR = 2,
	XCLIENT_PORT = 4,
	XCLIENT_PROTO = 8,
	XCLIENT_HELO = 16,
	XCLIENT_LOGIN = 32,
	XCLIENT_DESTADDR = 64,
	XCLIENT_DESTPORT = 128,
};

struct xclient {
	unsigned given;
	struct slice name, helo; /* letters and digits, or a literal */
	struct slice login;
	uint8_t address[16], local_address[16]; /* IPv4 mapped */
	uint16_t port, local_port;
	bool extended; /* PROTO=ESMTP */
};

/* ARGUMENT is what stands behind the verb; decoded texts live in ARENA. False
 * with the reply: 501 5.5.4. */
bool xclient_parse(struct slice argument, struct arena *arena,
	struct xclient *xclient_r, struct reply *refusal_r);

#endif
