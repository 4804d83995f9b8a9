/*
 * App passwords that can be had back, for APOP (RFC 1939 7), which hashes the
 * password last. Kept sealed, and only of those that were made so.
 */
#ifndef RINGPOST_ACCOUNT_APP_SECRET_H
#define RINGPOST_ACCOUNT_APP_SECRET_H

#include "account/account_app.h"

/* SECRET is account_secret's. TEXT, as account_app_add told it, is sealed for the
 * ACCOUNT and the LABEL. FAILURE_RESOURCE: it could not be. */
bool app_secret_seal(struct slice secret, struct slice account, struct slice label,
	const char text[ACCOUNT_APP_TEXT], uint8_t sealed[ACCOUNT_APP_SEALED]);
/* Back; to be wiped. FAILURE_DATA: it is not what was sealed so. */
bool app_secret_open(struct slice secret, struct slice account, struct slice label,
	const uint8_t sealed[ACCOUNT_APP_SEALED], char text[ACCOUNT_APP_TEXT]);
/* Whether DIGEST is the MD5 of STAMP and TEXT, in hexadecimal digits. */
bool app_secret_proves(
	const char text[ACCOUNT_APP_TEXT], struct slice stamp, struct slice digest);

#endif
