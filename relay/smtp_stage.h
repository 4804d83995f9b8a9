/*
 * The steps of an SMTP client's dialogue, so that whatever goes wrong can be
 * said with the step it went wrong in.
 */
#ifndef RINGPOST_RELAY_SMTP_STAGE_H
#define RINGPOST_RELAY_SMTP_STAGE_H

enum smtp_stage {
	STAGE_LOOKUP, /* before there is a connection: DNS, policy */
	STAGE_CONNECT,
	STAGE_GREETING,
	STAGE_EHLO,
	STAGE_STARTTLS,
	STAGE_HANDSHAKE,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_CONTENT, /* the message and its final reply */
	STAGE_RSET,
};
/* "connect", "EHLO", "TLS handshake", … */
const char *smtp_stage_name(enum smtp_stage stage);

#endif
